// Seals the rows of the log from before it had chains, for kms init: in a chain of their own, in the order of their ids, a
// few in each transaction. An init that was killed anywhere is gone on with by the next one, in the same chain.
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { canonicalJson } from '../../../kmip/canonical-json.js';
import type { Connection } from '../../connect/connection.js';
import { WriteConflict } from '../../connect/errors/driver-errors.js';
import { insertRows } from '../../write/write-rows.js';
import { LOG_TABLE, STORE_TABLE } from '../our-tables.js';
import { SEALED_MARKS } from '../rotation-log.js';
import { writeOwnTables } from '../write-own-tables.js';
import type { Lease } from './chain-pool.js';
import { closeChain } from './close-chains.js';
import { beginChain, chainRow, readHead, sealNext, type Row } from './seal-rows.js';

/** Says whether every row of the log must have a hash. */
export async function isLogSealed(knex: Knex): Promise<boolean> {
  const mark: unknown = await knex(LOG_TABLE)
    .where('uid', '')
    .whereIn('outcome', SEALED_MARKS)
    .first('id');
  return mark !== undefined;
}

const BATCH_ROWS = 250;

const ROWS_BETWEEN_NOTICES = 100_000;

/** Returns how many rows it has sealed; `writer` is a row by whoever runs kms init. */
export async function sealEarlierRows(connection: Connection, writer: Row): Promise<number> {
  const total = await countUnsealed(connection.knex);
  let sealed = 0;
  let after: Id | null = null;
  for (;;) {
    const from: Id | null = after;
    const batch: Batch = await writeOwnTables(connection, (transaction) =>
      sealBatch(connection, transaction, { writer, after: from }),
    );
    if (batch === 'done') return sealed;
    const before = sealed;
    sealed += batch.rows;
    after = batch.last;
    if (Math.floor(sealed / ROWS_BETWEEN_NOTICES) > Math.floor(before / ROWS_BETWEEN_NOTICES)) {
      connection.lockWait.notify(`sealed ${sealed} of ${total} rows of the rotation log`);
    }
  }
}

/** PostgreSQL’s are texts. */
type Id = number | string;

/** `last` is null after the last rows: one more look finds those that were committed late. */
type Batch = 'done' | { readonly rows: number; readonly last: Id | null };

async function countUnsealed(knex: Knex): Promise<number> {
  const row = await knex(LOG_TABLE)
    .whereNull('chain')
    .count<{ count: number | string }[]>('* AS count')
    .first();
  return Number(row?.count ?? 0);
}

async function sealBatch(
  connection: Connection,
  transaction: Knex.Transaction,
  { writer, after }: { readonly writer: Row; readonly after: Id | null },
): Promise<Batch> {
  // One init after the other.
  const store = await transaction(STORE_TABLE).forUpdate().first<{ id: string }>('id');
  if (await isLogSealed(transaction)) return 'done';
  const rows = await unsealedRows(transaction, after);
  const id = chainOf(store.id);
  const lease: Lease = {
    chain: { id, named: [] },
    head: await readHead(transaction, id),
    sessionsLost: 0,
  };
  const last = rows.at(-1);
  if (last === undefined) {
    if (after !== null) return { rows: 0, last: null };
    await endChain(connection, transaction, { writer, lease });
    return 'done';
  }
  if (lease.head === null) await openChain(connection, transaction, { writer, lease });
  await seal(connection, transaction, { rows, lease });
  return { rows: rows.length, last: last.id };
}

type UnsealedRow = Row & { readonly id: Id };

function unsealedRows(
  transaction: Knex.Transaction,
  after: Id | null,
): Promise<readonly UnsealedRow[]> {
  const query = transaction(LOG_TABLE).whereNull('chain').orderBy('id').limit(BATCH_ROWS);
  if (after !== null) void query.where('id', '>', after);
  // kms prune may be at work.
  return query.forUpdate().select<UnsealedRow[]>();
}

/** Returns the same id each time: a version of the store’s own. */
function chainOf(storeId: string): string {
  const digits = createHash('sha256').update(`earlier rows of the log\0${storeId}`).digest('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

interface Sealing {
  readonly writer: Row;
  readonly lease: Lease;
}

async function openChain(
  connection: Connection,
  transaction: Knex.Transaction,
  { writer, lease }: Sealing,
): Promise<void> {
  const { details } = await beginChain(connection, transaction, writer, lease.chain?.id);
  const opening = sealNext(lease, { ...chainRow(writer, 'chain-opened'), details }, null);
  await insertRows(transaction, connection.dialect, LOG_TABLE, [opening]);
}

/** Does nothing if there was no row to seal. */
async function endChain(
  connection: Connection,
  transaction: Knex.Transaction,
  { writer, lease }: Sealing,
): Promise<void> {
  if (lease.head === null) return;
  const details = canonicalJson({ rows: lease.head.seq });
  const mark = sealNext(lease, { ...chainRow(writer, 'chain-sealed'), details }, null);
  await insertRows(transaction, connection.dialect, LOG_TABLE, [mark]);
  await closeChain(connection, transaction, lease);
}

/** In one statement, as a round trip costs more than a row. */
async function seal(
  { dialect }: Connection,
  transaction: Knex.Transaction,
  { rows, lease }: { readonly rows: readonly UnsealedRow[]; readonly lease: Lease },
): Promise<void> {
  const sealed = rows.map((row) => ({ id: Number(row.id), row: sealNext(lease, row, null) }));
  const cases = (value: (row: Row) => string) =>
    `CASE id ${sealed.map(({ id, row }) => `WHEN ${id} THEN ${value(row)}`).join(' ')} END`;
  const written = await dialect.execute(
    transaction,
    `UPDATE ${LOG_TABLE} SET chain = ?, seq = ${cases((row) => String(row['seq']))},
      key_id = ?, previous_hash = ${cases(() => '?')}, hash = ${cases(() => '?')}
      WHERE chain IS NULL AND id IN (${sealed.map(({ id }) => id).join(', ')})`,
    [
      lease.chain?.id ?? null,
      sealed[0]?.row['key_id'] ?? null,
      ...sealed.map(({ row }) => row['previous_hash'] ?? null),
      ...sealed.map(({ row }) => row['hash'] ?? null),
    ],
  );
  if (written !== rows.length) throw new WriteConflict('rows of the log were removed meanwhile');
}
