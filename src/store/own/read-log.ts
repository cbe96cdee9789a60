// Reads from the rotation log what became of objects, and what replaced them. find-log-entries.ts lists its entries,
// rotation-log.ts says what an entry is.
import type { Connection } from '../connect/connection.js';
import { inChunks } from '../find/rows.js';
import { LOG_TABLE } from './our-tables.js';
import type { LogEntry } from './rotation-log.js';

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
