// Seals rows of the log in the transaction that inserts them: each carries the hash of the row before it in its chain. The
// first rows of a chain are written with its opening, which names the heads that no other opening has named.
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { canonicalJson } from '../../../kmip/canonical-json.js';
import type { Connection } from '../../connect/connection.js';
import { inChunks } from '../../find/rows.js';
import type { SqlValue } from '../../dialects/sql.js';
import { insertRows } from '../../write/write-rows.js';
import { CHAINS_TABLE, LOG_TABLE, type OwnRow } from '../our-tables.js';
import type { Chain, ChainHead, Lease, NamedChain } from './chain-pool.js';
import type { StoreOutcome } from '../rotation-log.js';
import type { SealingKey } from './audit-keys.js';
import { keyStep, type KeyStep } from './key-rule.js';
import { newestRows } from './newest-rows.js';
import { listChain } from './list-chain.js';
import { hashRow, type UnsealedRow } from './sealed-row.js';

/** Inserts rows of our tables, those of the log sealed, some with details that they do not have yet. */
export async function insertOwnRows(
  connection: Connection,
  transaction: Knex.Transaction,
  ownRows: readonly OwnRow[],
  details: ReadonlyMap<Row, string> = new Map(),
): Promise<void> {
  for (const table of new Set(ownRows.map((own) => own.table))) {
    const rows = ownRows.filter((own) => own.table === table).map(({ row }) => row);
    const written =
      table === LOG_TABLE ? await sealed(connection, transaction, rows, details) : rows;
    await insertRows(transaction, connection.dialect, table, written);
  }
}

export type Row = OwnRow['row'];

async function sealed(
  connection: Connection,
  transaction: Knex.Transaction,
  rows: readonly Row[],
  added: ReadonlyMap<Row, string>,
): Promise<readonly Row[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const lease = connection.chains.leaseFor(transaction);
  const sessionsLost = connection.sessionsLost();
  if (lease.sessionsLost !== sessionsLost) Object.assign(lease, { head: null, sessionsLost });
  if (lease.chain !== null) lease.head ??= await readHead(transaction, lease.chain.id);
  const key = connection.chains.keys().sealing;
  const goOn = () => rows.map((row) => sealNext(lease, row, key, added.get(row)));
  if (lease.chain !== null && lease.head !== null) return goOn();
  // Its opening was never committed, or there is none yet.
  const step = await keyStep(newestRows(transaction), key);
  return [...(await sealedOpening(connection, transaction, { lease, first, step })), ...goOn()];
}

interface Opening {
  readonly lease: Lease;
  /** The first row that the chain is for: who writes it, and when. */
  readonly first: Row;
  readonly step: KeyStep;
}

/** Begins a chain. The key that seals the rows from now on may first have to be brought in. */
export async function sealedOpening(
  connection: Connection,
  transaction: Knex.Transaction,
  { lease, first, step }: Opening,
): Promise<readonly Row[]> {
  const { chain, details } = await beginChain(connection, transaction, first);
  Object.assign(lease, { chain, head: null });
  const opening = { ...chainRow(first, 'chain-opened'), details };
  const key = connection.chains.keys().sealing;
  if (step === 'go-on') return [sealNext(lease, opening, key)];
  return [sealNext(lease, opening, null), changeOfKey(lease, first, { from: null, to: key })];
}

/** Returns the row that brings in another key, sealed by the one before. */
export function changeOfKey(
  lease: Lease,
  first: Row,
  { from, to }: { readonly from: SealingKey | null; readonly to: SealingKey | null },
): Row {
  const details = canonicalJson({ from: from?.id ?? null, to: to?.id ?? null });
  return sealNext(lease, { ...chainRow(first, 'key-changed'), details }, from);
}

/** Returns a row about a chain, or the store itself, written by whom and when the other one is. */
export function chainRow(row: Row, outcome: StoreOutcome): Row {
  const nothing = { replacement_uid: null, flow: null, reason: null, message: null };
  return { ...row, ...nothing, uid: '', duration_ms: 0, outcome };
}

/**
 * Returns the row with its seal, and moves the head of the chain to it. Members are written out, since to spread those of
 * another object takes several times as long as the hash.
 */
export function sealNext(
  lease: Lease,
  row: Row,
  key: SealingKey | null,
  details: SqlValue = row['details'] ?? null,
): Row {
  const { chain, head } = lease;
  if (chain === null) throw new TypeError('a chain that was not begun');
  const place = {
    chain: chain.id,
    seq: head === null ? 0 : head.seq + 1,
    previousHash: head?.hash ?? null,
    keyId: key?.id ?? null,
    details: details === null ? null : String(details),
  };
  const hash = hashRow(rowContent(row, place), key?.bytes ?? null);
  lease.head = { seq: place.seq, hash };
  return {
    run_id: row['run_id'] ?? null,
    at: row['at'] ?? null,
    duration_ms: row['duration_ms'] ?? null,
    host: row['host'] ?? null,
    os_user: row['os_user'] ?? null,
    version: row['version'] ?? null,
    uid: row['uid'] ?? null,
    replacement_uid: row['replacement_uid'] ?? null,
    flow: row['flow'] ?? null,
    outcome: row['outcome'] ?? null,
    reason: row['reason'] ?? null,
    message: row['message'] ?? null,
    details: place.details,
    chain: place.chain,
    seq: place.seq,
    previous_hash: place.previousHash,
    hash,
    key_id: place.keyId,
    signature: null,
  };
}

function rowContent(
  row: Row,
  place: Pick<UnsealedRow, 'chain' | 'seq' | 'previousHash' | 'keyId' | 'details'>,
): UnsealedRow {
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
    chain: place.chain,
    seq: place.seq,
    previousHash: place.previousHash,
    keyId: place.keyId,
    details: place.details,
  };
}

/** Returns the newest row of a chain; null if it has none. */
export async function readHead(
  transaction: Knex.Transaction,
  chain: string,
): Promise<ChainHead | null> {
  const row = await transaction(LOG_TABLE)
    .where('chain', chain)
    .orderBy('seq', 'desc')
    .first<{ seq: number; hash: string } | undefined>('seq', 'hash');
  return row ?? null;
}

/** Begins a chain, and returns the details of its opening. */
export async function beginChain(
  connection: Connection,
  transaction: Knex.Transaction,
  first: Row,
  id: string = randomUUID(),
): Promise<{ readonly chain: Chain; readonly details: string }> {
  await listChain(connection, transaction, id, String(first['at']));
  const named = await unnamedHeads(transaction, id);
  const heads = named.map(({ chain, seq, hash }) => ({ chain, hash, seq }));
  const { storeId } = connection.chains;
  return { chain: { id, named }, details: canonicalJson({ heads, store: storeId }) };
}

/** Returns the newest rows of other chains that no opening has named. */
async function unnamedHeads(
  transaction: Knex.Transaction,
  but: string,
): Promise<readonly (NamedChain & ChainHead)[]> {
  const others = await transaction(CHAINS_TABLE)
    .whereNot('chain', but)
    .orderBy('chain')
    .select<{ chain: string; named_hash: string | null }[]>('chain', 'named_hash');
  const named = new Map(others.map((row) => [row.chain, row.named_hash]));
  const newest = await inChunks([...named.keys()], (chunk) =>
    transaction(`${LOG_TABLE} AS log`)
      .join(
        transaction(LOG_TABLE)
          .whereIn('chain', chunk)
          .groupBy('chain')
          .select('chain')
          .max('seq AS seq')
          .as('last'),
        (join) => void join.on('last.chain', 'log.chain').andOn('last.seq', 'log.seq'),
      )
      .select<HeadRow[]>('log.chain', 'log.seq', 'log.hash', 'log.outcome'),
  );
  return newest
    .filter(({ chain, hash }) => named.get(chain) !== hash)
    .map(({ chain, seq, hash, outcome }) => ({
      ...{ chain, hash, seq: Number(seq) },
      isClosed: outcome === 'chain-closed',
    }));
}

interface HeadRow {
  readonly chain: string;
  readonly seq: number | string;
  readonly hash: string;
  readonly outcome: string;
}
