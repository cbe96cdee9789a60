// Ends the chains that a connection has written, each with a last row that holds its length and its head, in a short
// transaction. What its opening has named needs no other opening from then on.
import type { Knex } from 'knex';
import { canonicalJson } from '../../../kmip/canonical-json.js';
import type { Connection } from '../../connect/connection.js';
import { insertRows } from '../../write/write-rows.js';
import { CHAINS_TABLE, LOG_TABLE, type OwnRow } from '../our-tables.js';
import { writeOwnTables } from '../write-own-tables.js';
import { signatureOf } from './audit-keys.js';
import type { ChainHead } from './chain-details.js';
import type { Chain, Lease } from './chain-pool.js';
import { listAgain } from './list-chain.js';
import { chainRow, sealNext } from './seal-rows.js';

/**
 * Ends all chains that no transaction has just now, and returns their last rows. If it fails, they stay open or interrupted.
 *
 * @throws KmsError
 */
export async function closeChains(connection: Connection): Promise<readonly ChainHead[]> {
  const leases = connection.chains.takeIdle();
  if (leases.length === 0) return [];
  return writeOwnTables(connection, async (transaction) => {
    const heads: ChainHead[] = [];
    for (const lease of leases) {
      const head = await closeChain(connection, transaction, lease);
      if (head !== null) heads.push(head);
    }
    return heads;
  });
}

/** Ends a chain, unless it has ended; returns null for one whose opening was never committed. */
export async function closeChain(
  connection: Connection,
  transaction: Knex.Transaction,
  lease: Lease,
): Promise<ChainHead | null> {
  const { chain } = lease;
  if (chain === null) return null;
  const last = await lastRow(transaction, chain.id);
  if (last === null) return null;
  const { writer, head, isClosed } = last;
  // An attempt of which nobody knew whether it was committed.
  if (isClosed) return { chain: chain.id, ...head };
  const { sealing, signing } = connection.chains.keys();
  const signingKey = signing?.id ?? null;
  const details = canonicalJson({ count: head.seq + 1, head: head.hash, signingKey });
  const ending: Lease = { ...lease, head };
  const row = sealNext(ending, { ...chainRow(writer, 'chain-closed'), details }, sealing);
  const hash = String(row['hash']);
  const signature = signing === null ? null : signatureOf(signing, hash);
  await insertRows(transaction, connection.dialect, LOG_TABLE, [{ ...row, signature }]);
  await listAgain(connection, transaction, chain.id, String(writer['at']));
  await settleNamed(transaction, chain);
  return { chain: chain.id, seq: head.seq + 1, hash };
}

/** A chain that is closed and named needs its row no more; one that may still grow keeps the hash by which it is named. */
async function settleNamed(transaction: Knex.Transaction, { named }: Chain): Promise<void> {
  const closed = named.filter(({ isClosed }) => isClosed).map(({ chain }) => chain);
  for (let start = 0; start < closed.length; start += CHUNK) {
    await transaction(CHAINS_TABLE)
      .whereIn('chain', closed.slice(start, start + CHUNK))
      .delete();
  }
  for (const { chain, hash, isClosed } of named) {
    if (isClosed) continue;
    await transaction(CHAINS_TABLE).where('chain', chain).update({ named_hash: hash });
  }
}

const CHUNK = 250;

const WRITER = ['run_id', 'at', 'duration_ms', 'host', 'os_user', 'version'] as const;

interface LastRow {
  readonly head: Omit<ChainHead, 'chain'>;
  readonly isClosed: boolean;
  /** Who wrote it, and when. */
  readonly writer: OwnRow['row'];
}

async function lastRow(transaction: Knex.Transaction, chain: string): Promise<LastRow | null> {
  const row = await transaction(LOG_TABLE)
    .where('chain', chain)
    .orderBy('seq', 'desc')
    .first<(OwnRow['row'] & Omit<ChainHead, 'chain'>) | undefined>(
      ...WRITER,
      ...['seq', 'hash', 'outcome'],
    );
  if (row === undefined) return null;
  const { seq, hash, outcome, ...writer } = row;
  return { writer, head: { seq, hash }, isClosed: outcome === 'chain-closed' };
}
