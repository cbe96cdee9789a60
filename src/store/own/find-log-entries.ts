// Lists the entries of the rotation log, the newest first. rotation-log.ts says what an entry is.
import type { Knex } from 'knex';
import type { Connection } from '../connect/connection.js';
import { retryTransient } from '../connect/retry-transient.js';
import { betweenPages } from '../find/between-pages.js';
import { assertInitialised } from '../prepare/layout.js';
import { LOG_TABLE } from './our-tables.js';
import type { LogEntry } from './rotation-log.js';

export interface HistoryFilters {
  /** Of replaced objects, replacements, or objects that were re-wrapped; of any of these. */
  readonly uids?: readonly string[] | undefined;
  readonly runId?: string | undefined;
  readonly outcome?: LogEntry['outcome'] | undefined;
  /** ISO 8601, UTC, to the second. */
  readonly since?: string | undefined;
}

/** Hears how much of the log has been looked through. */
export type OnLogRead = (done: number, of: number) => void;

const PAGE_ROWS = 1000;
/** What a statement looks through at most where no index helps: some 10 MB. */
const ROWS_LOOKED_THROUGH = 5000;

type LogRow = Readonly<Record<string, string | number | null>>;

/** Yields the entries that pass the filters, the newest first, in pages. @throws KmsError StoreNotInitialised */
export async function* findLogEntries(
  connection: Connection,
  filters: HistoryFilters,
  onRead: OnLogRead = () => undefined,
): AsyncGenerator<readonly LogEntry[]> {
  await assertInitialised(connection);
  const { uids, runId, outcome, since } = filters;
  const isIndexed = uids !== undefined || runId !== undefined;
  const isNarrow = outcome !== undefined || since !== undefined;
  const pages =
    isNarrow && !isIndexed
      ? rowsLookedThrough(connection, filters, onRead)
      : pagesOfRows(connection, filters);
  for await (const rows of pages) {
    // A database that ignores case finds more than was asked for.
    const entries = rows.map(entryOf).filter((entry) => concerns(entry, uids));
    if (entries.length > 0) yield entries;
    await betweenPages();
  }
}

async function* pagesOfRows(
  connection: Connection,
  filters: HistoryFilters,
): AsyncGenerator<readonly LogRow[]> {
  let before: number | null = null;
  for (;;) {
    const query = filtered(connection, filters).limit(PAGE_ROWS);
    if (before !== null) void query.where('id', '<', before);
    const rows = await retryTransient(async () => (await query.clone()) as LogRow[]);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    before = Number(last['id']);
  }
}

/** A statement that found its thousand entries by itself might go through millions before anybody could stop it. */
async function* rowsLookedThrough(
  connection: Connection,
  filters: HistoryFilters,
  onRead: OnLogRead,
): AsyncGenerator<readonly LogRow[]> {
  const [ids] = await retryTransient(() =>
    connection.knex(LOG_TABLE).min('id AS first').max('id AS last'),
  );
  const [first, end] = [Number(ids?.['first'] ?? 1), Number(ids?.['last'] ?? 0) + 1];
  for (let before = end; before > first; before -= ROWS_LOOKED_THROUGH) {
    const from = before - ROWS_LOOKED_THROUGH;
    const query = filtered(connection, filters).where('id', '>=', from).where('id', '<', before);
    yield await retryTransient(async () => (await query.clone()) as LogRow[]);
    onRead(end - Math.max(from, first), end - first);
  }
}

function filtered({ knex }: Connection, filters: HistoryFilters): Knex.QueryBuilder {
  const { uids, runId, outcome, since } = filters;
  const query = knex(LOG_TABLE).select().orderBy('id', 'desc');
  // Rows about the log itself.
  void query.whereNot('uid', '');
  if (uids !== undefined) {
    void query.where((one) => void one.whereIn('uid', uids).orWhereIn('replacement_uid', uids));
  }
  if (runId !== undefined) void query.where('run_id', runId);
  if (outcome !== undefined) void query.where('outcome', outcome);
  if (since !== undefined) void query.where('at', '>=', since);
  return query;
}

function concerns(
  { uid, replacementUid }: LogEntry,
  wanted: readonly string[] | undefined,
): boolean {
  if (wanted === undefined || wanted.includes(uid)) return true;
  return replacementUid !== null && wanted.includes(replacementUid);
}

function entryOf(row: LogRow): LogEntry {
  const text = (column: string) => (row[column] === null ? null : String(row[column]));
  return {
    runId: String(row['run_id']),
    at: String(row['at']),
    durationMs: Number(row['duration_ms']),
    host: String(row['host']),
    osUser: String(row['os_user']),
    version: String(row['version']),
    uid: String(row['uid']),
    replacementUid: text('replacement_uid'),
    flow: text('flow'),
    outcome: String(row['outcome']) as LogEntry['outcome'],
    reason: text('reason'),
    message: text('message'),
  };
}
