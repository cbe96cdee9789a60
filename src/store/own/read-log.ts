// Reads the rotation log: its entries from the newest on, and what replaced objects.
// rotation-log.ts says what an entry is.
import type { Connection } from '../connect/connection.js';
import { retryTransient } from '../connect/retry-transient.js';
import { inChunks } from '../find/rows.js';
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

const PAGE_ROWS = 1000;

type LogRow = Readonly<Record<string, string | number | null>>;

/** Yields the entries that pass the filters, the newest first, in pages. @throws KmsError StoreNotInitialised */
export async function* findLogEntries(
  connection: Connection,
  filters: HistoryFilters,
): AsyncGenerator<readonly LogEntry[]> {
  await assertInitialised(connection);
  const { knex } = connection;
  let before: number | null = null;
  for (;;) {
    const query = knex(LOG_TABLE).select().orderBy('id', 'desc').limit(PAGE_ROWS);
    // Rows about the log itself.
    void query.whereNot('uid', '');
    if (before !== null) void query.where('id', '<', before);
    const { uids, runId, outcome, since } = filters;
    if (uids !== undefined) {
      void query.where(
        (either) => void either.whereIn('uid', uids).orWhereIn('replacement_uid', uids),
      );
    }
    if (runId !== undefined) void query.where('run_id', runId);
    if (outcome !== undefined) void query.where('outcome', outcome);
    if (since !== undefined) void query.where('at', '>=', since);
    const rows = await retryTransient(async () => (await query.clone()) as LogRow[]);
    // A database that ignores case finds more than was asked for.
    const entries = rows.map(entryOf).filter((entry) => concerns(entry, uids));
    if (entries.length > 0) yield entries;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    before = Number(last['id']);
  }
}

/** Returns the uids of what this run has rotated, by the log. */
export async function rotationsOf(
  { knex }: Connection,
  runId: string,
): Promise<ReadonlySet<string>> {
  const rows = await knex(LOG_TABLE)
    .where({ run_id: runId, outcome: 'rotated' })
    .select<{ uid: string }[]>('uid');
  return new Set(rows.map(({ uid }) => uid));
}

/** What the log says of an object that decides what becomes of it. */
export type LoggedFact = Pick<LogEntry, 'uid' | 'replacementUid' | 'outcome' | 'message'>;

/** Returns what runs did to these objects, failures, re-wrapping, overlaps and creations aside, in order; empty without a log. */
export async function loggedFacts(
  { knex }: Connection,
  uids: readonly string[],
): Promise<readonly LoggedFact[]> {
  if (!(await knex.schema.hasTable(LOG_TABLE))) return [];
  const wanted = new Set(uids);
  const rows = await inChunks([...wanted], (chunk) =>
    knex(LOG_TABLE)
      .whereIn('uid', chunk)
      .whereNotIn('outcome', ['failed', 'recovered', 'mended', 'retired', 'extended', 'created'])
      .orderBy('id')
      .select<(LoggedFact & { readonly id: number | string })[]>(
        ...['id', 'uid', 'replacement_uid AS replacementUid', 'outcome', 'message'],
      ),
  );
  // A database that ignores case finds more than was asked for.
  return rows
    .filter(({ uid }) => wanted.has(uid))
    .sort((one, other) => Number(one.id) - Number(other.id))
    .map(({ uid, replacementUid, outcome, message }) => ({
      uid,
      replacementUid,
      outcome,
      message,
    }));
}

/**
 * Returns the latest replacement of each of these uids, those aside that were taken back since; empty without a log.
 */
export async function loggedReplacements(
  { knex }: Pick<Connection, 'knex'>,
  uids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await replacementsInLog(knex, 'uid', uids);
  const replacements = new Map<string, string>();
  for (const { uid, replacement, outcome } of rows) {
    if (outcome !== 'rolled-back') replacements.set(uid, replacement);
    else if (replacements.get(uid) === replacement) replacements.delete(uid);
  }
  return replacements;
}

/** Returns which of these uids are no longer Active because they were rotated, as the log has it. */
export async function rotatedSince(
  { knex }: Pick<Connection, 'knex'>,
  uids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(uids, (chunk) =>
    knex<{ id: string; state: string }>('objects')
      .whereIn('id', chunk)
      .where('state', 'Active')
      .select('id'),
  );
  const active = new Set(rows.map(({ id }) => id));
  const ended = uids.filter((uid) => !active.has(uid));
  return new Set((await loggedReplacements({ knex }, ended)).keys());
}

/**
 * Returns what each of these replacements was to replace, if the last word of the log is that it was taken back; empty
 * without a log.
 */
export async function takenBackFrom(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await replacementsInLog(knex, 'replacement_uid', uids);
  const last = new Map(rows.map((row) => [row.replacement, row]));
  const takenBack = [...last.values()].filter(({ outcome }) => outcome === 'rolled-back');
  return new Map(takenBack.map(({ uid, replacement }) => [replacement, uid]));
}

interface ReplacementInLog {
  readonly uid: string;
  readonly replacement: string;
  readonly outcome: LogEntry['outcome'];
}

/** Of each uid in the order in which they were written. */
async function replacementsInLog(
  knex: Connection['knex'],
  column: 'uid' | 'replacement_uid',
  uids: readonly string[],
): Promise<readonly ReplacementInLog[]> {
  if (uids.length === 0 || !(await knex.schema.hasTable(LOG_TABLE))) return [];
  return inChunks([...new Set(uids)], (chunk) =>
    knex(LOG_TABLE)
      .whereIn(column, chunk)
      .whereIn('outcome', ['rotated', 'completed', 'rolled-back'])
      .whereNotNull('replacement_uid')
      .orderBy('id')
      .select<ReplacementInLog[]>('uid', 'replacement_uid AS replacement', 'outcome'),
  );
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
