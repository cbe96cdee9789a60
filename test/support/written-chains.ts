// The chains of a store's log as its database has them, and what is wrong with them. No assertions here.
import { checkLog, type LogCheck, type LogCheckOptions } from '../../src/report/audit/check-log.js';
import { logRowOf, type LogColumns } from '../../src/store/own/chain/log-columns.js';
import { sealingKeyId, type LogRow } from '../../src/store/own/chain/sealed-row.js';
import { storeSource } from '../../src/report/audit/store-source.js';
import { sourceOf } from './chains.js';
import { sql } from './sql.js';
import { withStore } from './store.js';

/** Returns the rows of the log in the order of their ids. */
export async function logRowsOf(url: string): Promise<readonly LogRow[]> {
  const rows = await sql<LogColumns>(url, 'SELECT * FROM kms_rotation_log ORDER BY id');
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

/** Checks it as kms audit verify reads it. */
export function checkReadLog(url: string, heads: LogCheckOptions['heads'] = []): Promise<LogCheck> {
  return withStore(url, (store) =>
    store.readLogSnapshot(async (log) => checkLog(await storeSource(log), { ...UNKEYED, heads })),
  );
}

/** Returns what kms audit verify finds, and a line for more open chains than runs were killed. */
export async function logFaults(url: string, killed: number): Promise<readonly string[]> {
  const { findings, open } = await checkReadLog(url);
  return [
    ...findings.items.map(
      ({ kind, chain, seq, message }) => `${kind}: row ${seq} of chain ${chain}: ${message}`,
    ),
    ...(open.count() > killed ? [`${open.count()} open chains of ${killed} killed runs`] : []),
  ];
}

const UNKEYED = { keys: new Map(), publicKeys: new Map(), since: null };
