// The table of chains: those that the next opening has to name, or that may still grow. close-chains.ts takes out what is
// closed and named; here what was interrupted is taken out once it is old.
import type { Knex } from 'knex';
import type { Connection } from '../../connect/connection.js';
import { formatInstant, type EpochSeconds } from '../../../kmip/date-time.js';
import { insertRows } from '../../write/write-rows.js';
import { CHAINS_TABLE, LOG_TABLE } from '../our-tables.js';

/** Lists a chain that begins. */
export async function listChain(
  { dialect }: Connection,
  transaction: Knex.Transaction,
  ...[chain, at]: [string, string]
): Promise<void> {
  await insertRows(transaction, dialect, CHAINS_TABLE, [
    { chain, opened_at: Date.parse(at) / 1000, named_hash: null },
  ]);
}

/** Lists a chain that went on after it was taken for interrupted, so that its end is named. */
export async function listAgain(
  connection: Connection,
  transaction: Knex.Transaction,
  ...[chain, at]: [string, string]
): Promise<void> {
  const there: unknown = await transaction(CHAINS_TABLE).where('chain', chain).first('chain');
  if (there === undefined) await listChain(connection, transaction, chain, at);
}

const INTERRUPTED_SECONDS = 30 * 86_400;

/** How many chains are looked at. */
const WINDOW_ROWS = 20;

/** Takes out old chains that were interrupted and named as they ended. */
export async function forgetInterrupted(
  transaction: Knex.Transaction,
  now: EpochSeconds,
): Promise<void> {
  const before = now - INTERRUPTED_SECONDS;
  const old = await transaction(CHAINS_TABLE)
    .whereNotNull('named_hash')
    .where('opened_at', '<', before)
    .orderBy('opened_at')
    .limit(WINDOW_ROWS)
    .select<{ chain: string; named_hash: string }[]>('chain', 'named_hash');
  for (const { chain, named_hash: hash } of old) {
    const last = await transaction(LOG_TABLE)
      .where('chain', chain)
      .orderBy('seq', 'desc')
      .first<{ hash: string; at: string } | undefined>('hash', 'at');
    if (last?.hash !== hash || last.at >= formatInstant(before)) continue;
    await transaction(CHAINS_TABLE).where({ chain, named_hash: hash }).delete();
  }
}
