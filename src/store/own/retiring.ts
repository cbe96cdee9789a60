// Replaced objects that stay Active until their overlap ends (table kms_rotation_retiring): the truth about them, whatever a
// server’s cache has written back. rotation/overlap.ts says what an overlap is.
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { readableAttributes } from '../../kmip/managed-object.js';
import type { RetiringObject } from '../../rotation/retiring-object.js';
import type { Connection } from '../connect/connection.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import { placeholders } from '../dialects/sql.js';
import { inChunks } from '../find/rows.js';
import { RETIRING_TABLE, type OwnRow } from './our-tables.js';

/** What becomes of an overlap. */
export interface OverlapChange {
  /** As it was read; nothing is written if it has changed since. */
  readonly retiring: RetiringObject;
  /** When it ends from now on; null if it is over. */
  readonly endsAt: EpochSeconds | 'kept' | null;
}

/** Returns the row of an object whose overlap begins; `made` is its Initial Date, by the clock of who made it. */
export function retiringTableRow(
  retiring: RetiringObject,
  begun: { readonly runId: string; readonly at: EpochSeconds; readonly made: EpochSeconds | null },
): OwnRow {
  return {
    table: RETIRING_TABLE,
    row: {
      uid: retiring.uid,
      replacement_uid: retiring.replacementUid,
      object_uid: retiring.objectUid,
      ends_at: retiring.endsAt,
      own_end_at: retiring.ownEndAt,
      is_dated: retiring.isDated ? 1 : 0,
      run_id: begun.runId,
      began_at: Math.max(begun.at, begun.made ?? begun.at),
    },
  };
}

/** Returns all retiring objects, or those of these uids, by uid; none without our table. */
export async function retiringObjects(
  connection: Connection,
  uids?: readonly string[],
): Promise<ReadonlyMap<string, RetiringObject>> {
  const { own } = await readOverlaps(connection, uids);
  return new Map(own.map((retiring) => [retiring.uid, retiring]));
}

/** Returns the overlaps of objects that are gone, and whose uids others have now: those must not be retired for them. */
export async function overlapsOfOthers(connection: Connection): Promise<readonly RetiringObject[]> {
  return (await readOverlaps(connection)).others;
}

interface Overlaps {
  readonly own: readonly RetiringObject[];
  readonly others: readonly RetiringObject[];
}

async function readOverlaps(connection: Connection, uids?: readonly string[]): Promise<Overlaps> {
  const { knex, hasRetiring } = connection;
  if (!hasRetiring) return { own: [], others: [] };
  const query = () => knex(RETIRING_TABLE).select<TableRow[]>(...COLUMNS);
  const rows =
    uids === undefined
      ? await query().orderBy('uid')
      : await inChunks(uids, (chunk) => query().whereIn('uid', chunk));
  const made = await initialDates(
    connection,
    rows.map(({ uid }) => uid),
  );
  const isOfOther = (row: TableRow) => (made.get(row.uid) ?? 0) > Number(row.began_at);
  return {
    own: rows.filter((row) => !isOfOther(row)).map(retiringOf),
    others: rows.filter(isOfOther).map(retiringOf),
  };
}

/** When each object was made, as far as its row says so: no write-back changes that. */
async function initialDates(
  { knex, dialect }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, EpochSeconds | null>> {
  const rows = await inChunks(uids, (chunk) =>
    dialect.select<{ id: string; attributes: string }>(
      knex,
      `SELECT id, ${dialect.text('attributes')} AS attributes FROM objects WHERE id IN (${placeholders(chunk)})`,
      chunk,
    ),
  );
  return new Map(
    rows.map(({ id, attributes }) => [id, readableAttributes(id, attributes)?.initialDate ?? null]),
  );
}

function retiringOf(row: TableRow): RetiringObject {
  return {
    uid: row.uid,
    replacementUid: row.replacement_uid,
    objectUid: row.object_uid,
    endsAt: Number(row.ends_at),
    ownEndAt: row.own_end_at === null ? null : Number(row.own_end_at),
    isDated: row.is_dated === 1,
  };
}

/** @throws WriteConflict if another run has ended or moved one meanwhile. */
export async function changeOverlaps(
  transaction: Knex.Transaction,
  changes: readonly OverlapChange[],
): Promise<void> {
  for (const { retiring, endsAt } of changes) {
    const row = transaction(RETIRING_TABLE).where({
      uid: retiring.uid,
      replacement_uid: retiring.replacementUid,
      ends_at: retiring.endsAt,
    });
    const isThere = await (endsAt === null
      ? isOne(row.delete())
      : endsAt === 'kept'
        ? isFound(row.forUpdate().first('uid'))
        : isOne(row.update({ ends_at: endsAt })));
    if (!isThere) throw new WriteConflict('an overlap has changed since it was read');
  }
}

async function isOne(count: PromiseLike<number>): Promise<boolean> {
  return (await count) === 1;
}

async function isFound(row: PromiseLike<object | undefined>): Promise<boolean> {
  return (await row) !== undefined;
}

const COLUMNS = [
  'uid',
  'replacement_uid',
  'object_uid',
  'ends_at',
  'own_end_at',
  'is_dated',
  'began_at',
] as const;

type BigInteger = number | string;

interface TableRow {
  readonly uid: string;
  readonly replacement_uid: string;
  readonly object_uid: string;
  readonly ends_at: BigInteger;
  readonly own_end_at: BigInteger | null;
  readonly is_dated: number;
  readonly began_at: BigInteger;
}
