// Writes new objects, which replace nothing, with their tags and their row of the log.
import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import { KmsError } from '../../errors.js';
import type { ObjectRow } from '../../kmip/managed-object.js';
import { leftOversError } from '../../rotation/left-overs.js';
import type { Connection } from '../connect/connection.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import { transact, type TransactionFootprint } from '../connect/transact.js';
import { translateErrors } from '../connect/errors/translate-errors.js';
import type { Dialect } from '../dialects/dialect.js';
import { lockActiveKeys } from './lock-active-keys.js';
import { createdDetails } from './log-details.js';
import { findLeftOvers } from '../find/left-overs.js';
import { selectRows } from '../find/rows.js';
import { insertOwnRows } from '../own/chain/seal-rows.js';
import type { OwnRow } from '../own/our-tables.js';
import { insertObjects } from './write-rows.js';
import { addTag } from './tags-and-grants.js';

/** A new object with all its tags. */
export interface TaggedRow {
  readonly row: ObjectRow;
  readonly tags: readonly string[];
}

/**
 * Writes all of these objects, and a row of the log about them; or, if a uid is taken, none, and returns false.
 *
 * @throws KmsError WrappingKeyNotActive if a wrapping key is no longer Active; UidTaken if tags or grants are there
 *   under a uid that no object has.
 */
export async function createObjects(
  connection: Connection,
  objects: readonly TaggedRow[],
  log: OwnRow,
): Promise<boolean> {
  const { dialect, redactedUrl } = connection;
  const rows = objects.map(({ row }) => row);
  const uids = rows.map(({ id }) => id);
  const contentIn = async (knex: Knex) =>
    contentOf(await selectRows({ ...connection, knex }, uids));
  let written: ReadonlySet<string> | null = null;
  // Somebody else may have taken the uids meanwhile.
  const isThere = async (knex: Knex) => isDeepStrictEqual(await contentIn(knex), written);
  const footprint: TransactionFootprint = {
    replacedUids: [],
    isWritten: isThere,
    affectedUids: uids,
    startsWithWrite: false,
  };
  try {
    await translateErrors(redactedUrl, () =>
      transact(connection, footprint, async (transaction) => {
        for (const uid of new Set(rows.flatMap(({ wrappingKeyId }) => wrappingKeyId ?? []))) {
          await lockWrappingKey(transaction, dialect, uid);
        }
        await insertObjects(transaction, dialect, rows);
        const leftOvers = await findLeftOvers({ knex: transaction, dialect }, uids);
        const [found] = leftOvers.values();
        if (found !== undefined) throw leftOversError('UidTaken', found);
        for (const { row, tags } of objects) {
          for (const tag of tags) await addTag(transaction, dialect, row.id, tag);
        }
        await insertOwnRows(connection, transaction, [log], createdDetails(rows, log));
        written = await contentIn(transaction);
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof WriteConflict)) throw error;
    // A try whose answer was lost may have been committed after all.
    return translateErrors(redactedUrl, () => isThere(connection.knex));
  }
}

/** Returns the objects as the database gives them, which may not be as they were written. */
function contentOf(rows: readonly ObjectRow[]): ReadonlySet<string> {
  return new Set(rows.map(({ id, object }) => JSON.stringify([id, object])));
}

/** A WriteConflict about the wrapping key must not look as if the uid of the new object was taken. */
async function lockWrappingKey(
  transaction: Knex.Transaction,
  dialect: Dialect,
  uid: string,
): Promise<void> {
  try {
    await lockActiveKeys(transaction, dialect, [uid]);
  } catch (error) {
    if (!(error instanceof WriteConflict)) throw error;
    throw new KmsError(
      'WrappingKeyNotActive',
      `the wrapping key ${JSON.stringify(uid)} was retired meanwhile`,
      { uid, hint: 'try again under its latest generation: kms key lineage shows it' },
    );
  }
}
