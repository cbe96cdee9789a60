// The chains of a store's log as its database has them, and what is wrong with them. No assertions here.
import { checkLog, type LogCheck } from '../../src/report/audit/check-log.js';
import { sealingKeyId, type LogRow } from '../../src/store/own/chain/sealed-row.js';
import { sourceOf } from './chains.js';
import { sql } from './sql.js';

type Column = string | number | null;

/** Returns the rows of the log in the order of their ids. */
export async function logRowsOf(url: string): Promise<readonly LogRow[]> {
  const rows = await sql<Record<string, Column>>(url, 'SELECT * FROM kms_rotation_log ORDER BY id');
  return rows.map(logRowOf);
}

/** Checks the whole log of a store. */
export async function checkStoreLog(url: string, key?: Uint8Array): Promise<LogCheck> {
  const rows = await logRowsOf(url);
  const chains = await sql<{ chain: string }>(url, 'SELECT chain FROM kms_rotation_chains');
  const listed = new Set(chains.map(({ chain }) => chain));
  const keys = new Map(key === undefined ? [] : [[sealingKeyId(key), key]]);
  const options = { keys, publicKeys: new Map(), since: null, heads: [] };
  return checkLog(sourceOf({ rows, listed }), options);
}

function logRowOf(row: Record<string, Column>): LogRow {
  const text = (column: string) => (row[column] ?? null) as string | null;
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
