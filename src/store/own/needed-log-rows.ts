// Which old rows of the log are still needed: those that decide what becomes of an object that is still there, and those
// that belong to a failure or a message which is not over. read-log.ts has their readers.
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { existingUids, inChunks } from '../find/rows.js';
import { CONDITIONS_TABLE, LOG_TABLE, OUTBOX_TABLE } from './our-tables.js';
import type { LogEntry } from './rotation-log.js';

export interface OldLogRow {
  readonly id: number | string;
  readonly run_id: string;
  /** ISO 8601, UTC, to the second. */
  readonly at: string;
  readonly uid: string;
  readonly replacement_uid: string | null;
  readonly outcome: LogEntry['outcome'];
}

/** Says of each row whether it is needed. Conditions that were over `before` count for nothing. */
export async function neededLogRows(
  connection: Connection,
  rows: readonly OldLogRow[],
  before: EpochSeconds,
): Promise<readonly boolean[]> {
  const uids = rows.flatMap(({ uid, replacement_uid: other }) =>
    other === null ? [uid] : [uid, other],
  );
  const there = await existingUids(connection, [...new Set(uids)]);
  const policies = await lastPolicyRows(connection, rows);
  const streaks = await streaksSince(connection, rows, before);
  const pending = await runsWithPendingMessages(connection, rows);
  return rows.map((row) => {
    if (pending.has(row.run_id)) return true;
    switch (row.outcome) {
      case 'rotated':
      case 'completed':
      case 'rolled-back':
        return (
          there.has(row.uid) || (row.replacement_uid !== null && there.has(row.replacement_uid))
        );
      case 'repaired':
      case 'retired':
      case 'extended':
        return there.has(row.uid);
      case 'policy':
        return there.has(row.uid) && policies.get(row.uid) === Number(row.id);
      case 'failed':
      case 'recovered':
        return row.at >= (streaks.get(row.uid) ?? NEVER);
      case 'mended':
      case 'created':
        return false;
    }
  });
}

/** After every time, as text. */
const NEVER = '~';

/** In JavaScript, as a database that ignores case would take two uids for one. */
async function lastPolicyRows(
  { knex }: Connection,
  rows: readonly OldLogRow[],
): Promise<ReadonlyMap<string, number>> {
  const found = await inChunks(distinctUids(rows, ['policy']), (uids) =>
    knex(LOG_TABLE)
      .whereIn('uid', uids)
      .where('outcome', 'policy')
      .orderBy('id')
      .select<Pick<OldLogRow, 'id' | 'uid'>[]>('id', 'uid'),
  );
  return new Map(found.map(({ uid, id }) => [uid, Number(id)]));
}

/** Returns since when objects fail whose condition is still listed. */
async function streaksSince(
  { knex }: Connection,
  rows: readonly OldLogRow[],
  before: EpochSeconds,
): Promise<ReadonlyMap<string, string>> {
  const found = await inChunks(distinctUids(rows, ['failed', 'recovered']), (uids) =>
    knex(CONDITIONS_TABLE)
      .whereIn('subject', uids)
      .where((open) => void open.whereNull('resolved_at').orWhere('resolved_at', '>=', before))
      .orderBy('first_seen_at', 'desc')
      .select<{ subject: string; first_seen_at: number | string }[]>('subject', 'first_seen_at'),
  );
  return new Map(found.map((row) => [row.subject, formatInstant(Number(row.first_seen_at))]));
}

async function runsWithPendingMessages(
  { knex }: Connection,
  rows: readonly OldLogRow[],
): Promise<ReadonlySet<string>> {
  const found = await inChunks([...new Set(rows.map((row) => row.run_id))], (runs) =>
    knex(OUTBOX_TABLE)
      .where('state', 'waiting')
      .whereIn('run_id', runs)
      .select<{ run_id: string }[]>('run_id'),
  );
  return new Set(found.map((row) => row.run_id));
}

function distinctUids(
  rows: readonly OldLogRow[],
  outcomes: readonly LogEntry['outcome'][],
): readonly string[] {
  return [
    ...new Set(rows.filter(({ outcome }) => outcomes.includes(outcome)).map(({ uid }) => uid)),
  ];
}
