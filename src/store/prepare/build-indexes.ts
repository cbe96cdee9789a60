// Builds our indexes. On SQLite each is a transaction of its own: others may write in between, and an init that is stopped
// goes on where it was.
import type { Connection } from '../connect/connection.js';
import { indexesNamed, missingOf, type OurIndex } from '../dialects/our-indexes.js';

/** The making of one index. */
interface IndexStep {
  /** All that are to be made, in this order. */
  readonly missing: readonly OurIndex[];
  /** How many of them are made. */
  readonly made: number;
  /** How many objects there are, roughly. */
  readonly objects: number;
}

/** Called before each index is made. */
export type OnIndex = (step: IndexStep) => void;

/**
 * Makes the indexes that are missing, incomplete, or of an earlier version, and returns which these were.
 *
 * @throws KmsError StoreBusy
 */
export async function buildIndexes(
  { knex, dialect, lockWait }: Connection,
  onIndex: OnIndex = () => undefined,
): Promise<readonly OurIndex[]> {
  const missing = missingOf(indexesNamed(await dialect.usableIndexes(knex)));
  const objects = missing.length === 0 ? 0 : await dialect.estimatedObjects(knex);
  const begin = (index: OurIndex) => {
    onIndex({ missing, made: missing.indexOf(index), objects });
  };
  for (const indexes of dialect.singleWriter ? missing.map((index) => [index]) : [missing]) {
    await dialect.withSchemaLock(knex, lockWait, (locked) =>
      dialect.createIndexes(locked, lockWait, { indexes, begin }),
    );
  }
  return missing;
}
