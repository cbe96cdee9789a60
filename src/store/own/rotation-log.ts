// An entry of the rotation log (table kms_rotation_log), and the row that it is written as: what a run did to which
// object, when, and by whom. read-log.ts reads it.
import { LOG_TABLE, type OwnRow } from './our-tables.js';

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
  /** `mended`: it was a stale dependant and was re-wrapped. `policy`: its policy was changed, as the message says. */
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
