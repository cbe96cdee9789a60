// Removes old rows of the log that nobody needs: whole chains, with the rows that open and close them, then single rows of
// others. remove-log-rows.ts removes them, some in each transaction.
import type { Knex } from 'knex';
import { formatInstant } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { translateErrors } from '../connect/errors/translate-errors.js';
import { retryTransient } from '../connect/retry-transient.js';
import type { LogColumns } from './chain/log-columns.js';
import { CHAINS_TABLE, LOG_TABLE } from './our-tables.js';
import {
  keptOfWhole,
  keptSingly,
  removeLogRows,
  rowsOf,
  type PrunableRow,
  type PruneContext,
  type PruneLogOptions,
} from './remove-log-rows.js';

/** Rows about objects, not those of the chains. */
export interface PrunedLog {
  readonly removed: number;
  readonly needed: number;
}

const BATCH_ROWS = 500;
const CHAINS_AT_ONCE = 200;

export async function pruneLog(
  connection: Connection,
  options: PruneLogOptions,
): Promise<PrunedLog> {
  const before = options.now - options.olderThanSeconds;
  const context: PruneContext = { ...options, before, beforeText: formatInstant(before) };
  const whole = await pruneWholeChains(connection, context);
  const single = await pruneSingleRows(connection, context, whole.chains);
  return { removed: whole.removed + single.removed, needed: single.needed };
}

function read<T>({ redactedUrl }: Connection, work: () => Promise<T>): Promise<T> {
  return translateErrors(redactedUrl, () => retryTransient(work));
}

/** Chains that no opening has to name any more, and of which all rows are old. */
async function pruneWholeChains(connection: Connection, context: PruneContext) {
  const chains = new Set<string>();
  let removed = 0;
  let after = '';
  for (;;) {
    const page = await read(connection, () => oldChains(connection.knex, context, after));
    const last = page.at(-1);
    if (last === undefined) return { removed, chains };
    after = last.chain;
    for (const pack of packsOf(page)) {
      const going = await goingWhole(connection, pack, context);
      if (context.dryRun) {
        for (const [chain, rows] of going) {
          chains.add(chain);
          removed += rows;
        }
        continue;
      }
      for await (const rows of rowsOfChains(connection, [...going.keys()])) {
        removed += await removeLogRows(connection, rows, { ...context, areWhole: true });
      }
    }
  }
}

interface OldChain {
  readonly chain: string;
  readonly count: number | string;
}

async function oldChains(
  knex: Knex,
  { beforeText }: PruneContext,
  after: string,
): Promise<readonly OldChain[]> {
  return knex(LOG_TABLE)
    .where('chain', '>', after)
    .whereNotIn('chain', knex(CHAINS_TABLE).select('chain'))
    .groupBy('chain')
    .havingRaw('MAX(??) < ?', ['at', beforeText])
    .orderBy('chain')
    .limit(CHAINS_AT_ONCE)
    .select<OldChain[]>('chain')
    .count('* AS count') as unknown as Promise<readonly OldChain[]>;
}

/** Chains that fit into a transaction together; a longer one by itself. */
function packsOf(chains: readonly OldChain[]): readonly (readonly string[])[] {
  const packs: string[][] = [];
  let room = 0;
  for (const { chain, count } of chains) {
    room -= Number(count);
    const pack = packs.at(-1);
    if (pack === undefined || room < 0) {
      packs.push([chain]);
      room = BATCH_ROWS - Number(count);
    } else pack.push(chain);
  }
  return packs;
}

/** Returns those of which no row is needed, with how many rows about objects they have. */
async function goingWhole(
  connection: Connection,
  chains: readonly string[],
  { before }: PruneContext,
): Promise<ReadonlyMap<string, number>> {
  const going = new Map<string, number>();
  const staying = new Set<string>();
  for await (const rows of rowsOfChains(connection, chains)) {
    const areKept = await read(connection, () => keptOfWhole(connection, rows, before));
    rows.forEach(({ uid, sealed: { chain } }, index) => {
      if (areKept[index] === true) staying.add(chain);
      going.set(chain, (going.get(chain) ?? 0) + Number(uid !== ''));
    });
    if (staying.size === chains.length) return new Map();
  }
  staying.forEach((chain) => going.delete(chain));
  return going;
}

async function* rowsOfChains(
  connection: Connection,
  chains: readonly string[],
): AsyncGenerator<readonly PrunableRow[]> {
  let after = -1;
  for (;;) {
    const rows: readonly PrunableRow[] = await read(connection, async () => {
      const query = connection.knex(LOG_TABLE).whereIn('chain', chains).where('seq', '>', after);
      if (chains.length === 1) void query.limit(BATCH_ROWS);
      return rowsOf(await query.orderBy('chain').orderBy('seq').select<LogColumns[]>());
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (chains.length !== 1) return;
    after = last.sealed.seq;
  }
}

/** Those about objects. */
async function pruneSingleRows(
  connection: Connection,
  context: PruneContext,
  gone: ReadonlySet<string>,
): Promise<PrunedLog> {
  const pruned = { removed: 0, needed: 0 };
  let after: number | string | null = null;
  for (;;) {
    const page: readonly PrunableRow[] = await read(connection, () =>
      oldRows(connection.knex, context, after),
    );
    const last = page.at(-1);
    if (last === undefined) return pruned;
    after = last.id;
    const rows = page.filter(({ sealed }) => !gone.has(sealed.chain));
    const areKept = await read(connection, () => keptSingly(connection, rows, context.before));
    const going = rows.filter((_, index) => areKept[index] !== true);
    const removed = context.dryRun
      ? going.length
      : await removeLogRows(connection, going, { ...context, areWhole: false });
    pruned.removed += removed;
    pruned.needed += rows.length - removed;
  }
}

async function oldRows(
  knex: Knex,
  { beforeText }: PruneContext,
  after: number | string | null,
): Promise<readonly PrunableRow[]> {
  const query = knex(LOG_TABLE)
    .where('at', '<', beforeText)
    .whereNot('uid', '')
    .whereNotNull('chain')
    .whereNotNull('seq')
    .whereNotNull('hash');
  if (after !== null) void query.where('id', '>', after);
  return rowsOf(await query.orderBy('id').limit(BATCH_ROWS).select<LogColumns[]>());
}
