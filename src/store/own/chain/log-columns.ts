// A row of the log as a database returns it, and as what it was sealed from.
import type { LogRow } from './sealed-row.js';

export type LogColumns = Readonly<Record<string, string | number | null>>;

export function logRowOf(row: LogColumns): LogRow {
  const text = (column: string) => {
    const value = row[column];
    return value === null || value === undefined ? null : String(value);
  };
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
    outcome: String(row['outcome']),
    reason: text('reason'),
    message: text('message'),
    chain: text('chain'),
    seq: row['seq'] === null ? null : Number(row['seq']),
    previousHash: text('previous_hash'),
    hash: text('hash'),
    keyId: text('key_id'),
    details: text('details'),
    signature: text('signature'),
  };
}
