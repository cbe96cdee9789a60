// `kms prune`: removes old rows of the log (prune-log.ts), the outbox, the warnings and the conditions that nobody needs any
// more, some in each transaction, so that no run waits for long.
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { State } from '../../kmip/vocabulary.js';
import type { Connection } from '../connect/connection.js';
import { translateErrors } from '../connect/errors/translate-errors.js';
import { retryTransient } from '../connect/retry-transient.js';
import { inChunks } from '../find/rows.js';
import { CONDITIONS_TABLE, OUTBOX_TABLE, WARNINGS_TABLE } from './our-tables.js';
import { pruneLog } from './prune-log.js';
import { WARNING_SECONDS } from './prune.js';
import type { PruneLogOptions } from './remove-log-rows.js';
import { writeOwnTables } from './write-own-tables.js';

export type PruneOptions = PruneLogOptions;

/** How many rows that are old enough were removed, or would be; and how many are still needed. */
interface PrunedTable {
  readonly removed: number;
  readonly needed: number;
}

export type PrunedTables = Readonly<
  Record<'log' | 'outbox' | 'warnings' | 'conditions', PrunedTable>
>;

const BATCH_ROWS = 500;

export async function pruneHistory(
  connection: Connection,
  options: PruneOptions,
): Promise<PrunedTables> {
  const before = options.now - options.olderThanSeconds;
  return {
    log: await pruneLog(connection, options),
    outbox: await pruneTable(connection, oldMessages(before, options.now), options),
    warnings: await pruneTable(connection, oldWarnings(before), options),
    conditions: await pruneTable(connection, oldConditions(before), options),
  };
}

/** What of a table is old, and what of that is needed all the same. */
interface OldRows<Row> {
  readonly table: string;
  readonly key: string;
  readonly columns: readonly (keyof Row & string)[];
  readonly whereOld: (query: Knex.QueryBuilder) => void;
  readonly areNeeded: (connection: Connection, rows: readonly Row[]) => Promise<readonly boolean[]>;
}

type Key = number | string;

async function pruneTable<Row extends object>(
  connection: Connection,
  old: OldRows<Row>,
  { dryRun }: PruneOptions,
): Promise<PrunedTable> {
  const { knex, redactedUrl } = connection;
  const read = <T>(work: () => Promise<T>) =>
    translateErrors(redactedUrl, () => retryTransient(work));
  let pruned: PrunedTable = { removed: 0, needed: 0 };
  let after: Key | null = null;
  for (;;) {
    const rows: readonly Keyed<Row>[] = await read(() => page(knex, old, after));
    const last = rows.at(-1);
    if (last === undefined) return pruned;
    after = last.key;
    const some = dryRun
      ? await read(() => pruneRows(connection, old, rows, dryRun))
      : await writeOwnTables(connection, (transaction) =>
          pruneRows({ ...connection, knex: transaction }, old, rows, dryRun),
        );
    pruned = { removed: pruned.removed + some.removed, needed: pruned.needed + some.needed };
  }
}

type Keyed<Row> = Row & { readonly key: Key };

async function page<Row extends object>(
  knex: Knex,
  { table, key, columns, whereOld }: OldRows<Row>,
  after: Key | null,
): Promise<readonly Keyed<Row>[]> {
  const query = knex(table).orderBy(key).limit(BATCH_ROWS);
  whereOld(query);
  if (after !== null) void query.where(key, '>', after);
  return (await query.select(`${key} AS key`, ...columns)) as Keyed<Row>[];
}

async function pruneRows<Row extends object>(
  connection: Connection,
  old: OldRows<Row>,
  ...[rows, dryRun]: [readonly Keyed<Row>[], boolean]
): Promise<PrunedTable> {
  const areNeeded = await old.areNeeded(connection, rows);
  const keys = rows.filter((_, index) => areNeeded[index] !== true).map(({ key }) => key);
  const needed = rows.length - keys.length;
  if (dryRun) return { removed: keys.length, needed };
  // What is old is asked again: kms notify retry may have brought a message back, or a run a condition.
  const counts = await inChunks(keys, async (chunk) => {
    const query = connection.knex(old.table).whereIn(old.key, chunk);
    old.whereOld(query);
    return [await query.delete()];
  });
  return { removed: counts.reduce((sum, count) => sum + count, 0), needed };
}

/** As runs remove them: what became of a message about a deadline is kept longer. */
function oldMessages(before: EpochSeconds, now: EpochSeconds): OldRows<object> {
  const beforeOfWarnings = Math.min(before, now - WARNING_SECONDS);
  return {
    table: OUTBOX_TABLE,
    key: 'id',
    columns: [],
    whereOld: (query) => {
      void query.whereNot('state', 'waiting').where('settled_at', '<', before);
      void query.where((kept) => {
        void kept
          .whereNot('event_type', 'kms.warning')
          .orWhere('settled_at', '<', beforeOfWarnings);
      });
    },
    areNeeded: (_, rows) => Promise.resolve(rows.map(() => false)),
  };
}

/** A deadline stands as long as its object may be used, as only a rotation or its retirement answers it. */
function oldWarnings(before: EpochSeconds): OldRows<OldWarning> {
  return {
    table: WARNINGS_TABLE,
    key: 'id',
    columns: ['uid', 'event_id'],
    whereOld: (query) => void query.where('given_at', '<', before).where('deadline', '<', before),
    areNeeded: async ({ knex }, rows) => {
      const live = await inChunks(distinct(rows.map(({ uid }) => uid)), (uids) =>
        knex('objects')
          .whereIn('id', uids)
          .where((state) => void state.whereIn('state', LIVE_STATES).orWhereNull('state'))
          .select<{ id: string }[]>('id'),
      );
      const pending = await inChunks(distinct(rows.map(({ event_id }) => event_id)), (ids) =>
        knex(OUTBOX_TABLE)
          .where('state', 'waiting')
          .whereIn('event_id', ids)
          .select<{ event_id: string }[]>('event_id'),
      );
      const uids = new Set(live.map(({ id }) => id));
      const events = new Set(pending.map(({ event_id }) => event_id));
      return rows.map(({ uid, event_id }) => uids.has(uid) || events.has(event_id));
    },
  };
}

interface OldWarning {
  readonly uid: string;
  readonly event_id: string;
}

const LIVE_STATES: readonly State[] = ['PreActive', 'Active'];

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function oldConditions(before: EpochSeconds): OldRows<object> {
  return {
    table: CONDITIONS_TABLE,
    key: 'condition_key',
    columns: [],
    whereOld: (query) => void query.where('resolved_at', '<', before),
    areNeeded: (_, rows) => Promise.resolve(rows.map(() => false)),
  };
}
