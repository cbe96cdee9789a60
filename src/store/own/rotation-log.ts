// Rows of the rotation log (table kms_rotation_log): what a run did to which object, when and by whom.
import { LOG_TABLE } from '../prepare/layout.js';
import type { OwnRow } from '../apply.js';
import type { Connection } from '../connect/connection.js';
import { inChunks } from '../find/rows.js';

export interface LogEntry {
  readonly runId: string;
  /** ISO 8601, UTC, to the second. */
  readonly at: string;
  readonly durationMs: number;
  readonly host: string;
  readonly osUser: string;
  readonly version: string;
  readonly uid: string;
  readonly replacementUid: string | null;
  readonly flow: string | null;
  /** `policy`: its rotation policy was changed, as the message tells. */
  readonly outcome: 'rotated' | 'failed' | 'mended' | 'policy';
  readonly reason: string | null;
  readonly message: string | null;
}

export function logRow(entry: LogEntry): OwnRow {
  return {
    table: LOG_TABLE,
    row: {
      run_id: entry.runId,
      at: entry.at,
      duration_ms: entry.durationMs,
      host: entry.host,
      os_user: entry.osUser,
      version: entry.version,
      uid: entry.uid,
      replacement_uid: entry.replacementUid,
      flow: entry.flow,
      outcome: entry.outcome,
      reason: entry.reason,
      message: entry.message,
    },
  };
}

/** Returns by what each of these uids was replaced, the last time that it was; none where there is no log. */
export async function loggedReplacements(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (!(await knex.schema.hasTable(LOG_TABLE))) return new Map();
  const rows = await inChunks([...new Set(uids)], (chunk) =>
    knex(LOG_TABLE)
      .whereIn('uid', chunk)
      .where('outcome', 'rotated')
      .whereNotNull('replacement_uid')
      .orderBy('id')
      .select<{ uid: string; replacement: string }[]>('uid', 'replacement_uid AS replacement'),
  );
  return new Map(rows.map(({ uid, replacement }) => [uid, replacement]));
}
