// Replaced objects that stay Active until their overlap ends (table kms_rotation_retiring): the truth about them, whatever a
// server’s cache has written back. rotation/overlap.ts says what an overlap is.
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { RetiringObject } from '../../rotation/retiring-object.js';
import type { Connection } from '../connect/connection.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import { inChunks } from '../find/rows.js';
import { RETIRING_TABLE, type OwnRow } from './our-tables.js';

/** What becomes of an overlap. */
export interface OverlapChange {
  /** As it was read; nothing is written if it has changed since. */
  readonly retiring: RetiringObject;
  /** When it ends from now on; null if it is over. */
  readonly endsAt: EpochSeconds | 'kept' | null;
}

/** Returns the row of an object whose overlap begins. */
export function retiringTableRow(
  retiring: RetiringObject,
  begun: { readonly runId: string; readonly at: EpochSeconds },
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
      began_at: begun.at,
    },
  };
}

/** Returns all retiring objects, or those of these uids, by uid; none without our table. */
export async function retiringObjects(
  { knex, hasRetiring }: Pick<Connection, 'knex' | 'hasRetiring'>,
  uids?: readonly string[],
): Promise<ReadonlyMap<string, RetiringObject>> {
  if (!hasRetiring) return new Map();
  const query = () => knex(RETIRING_TABLE).select<TableRow[]>(...COLUMNS);
  const rows =
    uids === undefined
      ? await query().orderBy('uid')
      : await inChunks(uids, (chunk) => query().whereIn('uid', chunk));
  const found = rows.map((row): [string, RetiringObject] => [
    row.uid,
    {
      uid: row.uid,
      replacementUid: row.replacement_uid,
      objectUid: row.object_uid,
      endsAt: Number(row.ends_at),
      ownEndAt: row.own_end_at === null ? null : Number(row.own_end_at),
      isDated: row.is_dated === 1,
    },
  ]);
  return new Map(found);
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
] as const;

type BigInteger = number | string;

interface TableRow {
  readonly uid: string;
  readonly replacement_uid: string;
  readonly object_uid: string;
  readonly ends_at: BigInteger;
  readonly own_end_at: BigInteger | null;
  readonly is_dated: number;
}
