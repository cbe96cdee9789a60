// Reads the chains of the log: their rows in the order of chains, and what a check of them looks up. The rows are checked in
// report/audit/.
import type { Knex } from 'knex';
import type { Connection } from '../../connect/connection.js';
import { readSnapshot } from '../../connect/read-snapshot.js';
import { inChunks } from '../../find/rows.js';
import { betweenPages } from '../../find/between-pages.js';
import { assertInitialised } from '../../prepare/layout.js';
import { CHAINS_TABLE, LOG_TABLE } from '../our-tables.js';
import { chainDetails, type ChainGap, type ChainHead } from './chain-details.js';
import { logRowOf, type LogColumns } from './log-columns.js';
import type { LogRow } from './sealed-row.js';

/** The log in one state of the database. */
export interface LogSnapshot {
  /** Yields the rows without a seal, then those of each chain in order, in pages. */
  rows(): AsyncGenerator<readonly LogRow[]>;
  gaps(): Promise<readonly ChainGap[]>;
  /** Returns those of these rows that are there. */
  headsAt(places: readonly Pick<ChainHead, 'chain' | 'seq'>[]): Promise<readonly ChainHead[]>;
  /** Returns the chains that the next opening has to name, or that may still grow. */
  listedChains(): Promise<ReadonlySet<string>>;
  /** Returns the newest row of each of these chains; of one without rows none. */
  newestOf(chains: Iterable<string>): Promise<readonly LogRow[]>;
}

/** @throws KmsError StoreNotInitialised */
export async function readLogSnapshot<T>(
  connection: Connection,
  read: (log: LogSnapshot) => Promise<T>,
): Promise<T> {
  await assertInitialised(connection);
  return readSnapshot(connection, (knex) =>
    read({
      rows: () => rowsOf(knex),
      gaps: () => gapsIn(knex),
      headsAt: (places) => headsAt(knex, places),
      listedChains: () => listedChains(knex),
      newestOf: (chains) => newestOf(knex, chains),
    }),
  );
}

const PAGE_ROWS = 1000;

async function* rowsOf(knex: Knex): AsyncGenerator<readonly LogRow[]> {
  yield* unsealedRows(knex);
  let last: { readonly chain: string; readonly seq: number } | null = null;
  for (;;) {
    const page: readonly LogRow[] = await pageAfter(knex, last);
    const end = page.at(-1);
    if (end?.chain == null || end.seq === null) return;
    yield page;
    await betweenPages();
    last = { chain: end.chain, seq: end.seq };
  }
}

/** In two steps: a condition over both columns would make some databases read the index from its beginning. */
async function pageAfter(
  knex: Knex,
  last: { readonly chain: string; readonly seq: number } | null,
): Promise<readonly LogRow[]> {
  if (last !== null) {
    const { chain, seq } = last;
    const rest = await selected(
      sealedRows(knex).where('chain', chain).where('seq', '>', seq).orderBy('seq'),
    );
    if (rest.length > 0) return rest;
  }
  const query = sealedRows(knex).orderBy('chain').orderBy('seq');
  if (last !== null) void query.where('chain', '>', last.chain);
  return selected(query);
}

function sealedRows(knex: Knex): Knex.QueryBuilder {
  return knex(LOG_TABLE)
    .whereNotNull('chain')
    .whereNotNull('seq')
    .whereNotNull('hash')
    .limit(PAGE_ROWS);
}

async function selected(query: Knex.QueryBuilder): Promise<readonly LogRow[]> {
  return ((await query.select()) as LogColumns[]).map(logRowOf);
}

async function* unsealedRows(knex: Knex): AsyncGenerator<readonly LogRow[]> {
  let after = 0;
  for (;;) {
    const rows: readonly LogColumns[] = await knex(LOG_TABLE)
      .where((any) => void any.whereNull('chain').orWhereNull('seq').orWhereNull('hash'))
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE_ROWS)
      .select<LogColumns[]>();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(logRowOf);
    after = Number(last['id']);
  }
}

async function gapsIn(knex: Knex): Promise<readonly ChainGap[]> {
  const rows = await knex(LOG_TABLE)
    .where('outcome', 'pruned')
    .select<{ outcome: string; details: string | null }[]>('outcome', 'details');
  return rows.flatMap((row) => {
    const details = chainDetails(row);
    return details?.kind === 'pruned' ? details.gaps : [];
  });
}

async function headsAt(
  knex: Knex,
  places: readonly Pick<ChainHead, 'chain' | 'seq'>[],
): Promise<readonly ChainHead[]> {
  const distinct = new Map(places.map((place) => [`${place.chain}:${place.seq}`, place]));
  return inChunks([...distinct.keys()], async (keys) => {
    const chunk = keys.map((key) => distinct.get(key));
    const found = await knex(LOG_TABLE)
      .where((any) => {
        for (const place of chunk) {
          if (place !== undefined) void any.orWhere({ chain: place.chain, seq: place.seq });
        }
      })
      .whereNotNull('hash')
      .select<{ chain: string; seq: number | string; hash: string }[]>('chain', 'seq', 'hash');
    return found.map(({ chain, seq, hash }) => ({ chain, seq: Number(seq), hash }));
  });
}

async function listedChains(knex: Knex): Promise<ReadonlySet<string>> {
  const rows = await knex(CHAINS_TABLE).select<{ chain: string }[]>('chain');
  return new Set(rows.map(({ chain }) => chain));
}

async function newestOf(knex: Knex, chains: Iterable<string>): Promise<readonly LogRow[]> {
  const newest: LogRow[] = [];
  for (const chain of chains) {
    newest.push(
      ...(await selected(sealedRows(knex).where('chain', chain).orderBy('seq', 'desc').limit(1))),
    );
  }
  return newest;
}
