// Builds our indexes. On SQLite each is a transaction of its own: others may write in between, and an init that is stopped
// goes on where it was.
import type { Knex } from 'knex';
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
  connection: Connection,
  onIndex: OnIndex = () => undefined,
): Promise<readonly OurIndex[]> {
  const { knex, dialect, lockWait } = connection;
  if (!dialect.singleWriter) {
    return dialect.withSchemaLock(knex, lockWait, (locked) =>
      buildIndexesLocked(connection, locked, onIndex),
    );
  }
  const step = await stepOf(connection, knex);
  for (const index of step.missing) {
    await dialect.withSchemaLock(knex, lockWait, (locked) =>
      create(connection, locked, [index], step, onIndex),
    );
  }
  return step.missing;
}

/** The same while the schema is locked: nobody can remove what is ours in between. */
export async function buildIndexesLocked(
  connection: Connection,
  locked: Knex,
  onIndex: OnIndex = () => undefined,
): Promise<readonly OurIndex[]> {
  const step = await stepOf(connection, locked);
  await create(connection, locked, step.missing, step, onIndex);
  return step.missing;
}

type Step = Pick<IndexStep, 'missing' | 'objects'>;

async function stepOf({ dialect }: Connection, knex: Knex): Promise<Step> {
  const missing = missingOf(indexesNamed(await dialect.usableIndexes(knex)));
  return { missing, objects: missing.length === 0 ? 0 : await dialect.estimatedObjects(knex) };
}

async function create(
  { dialect, lockWait }: Connection,
  locked: Knex,
  indexes: readonly OurIndex[],
  { missing, objects }: Step,
  onIndex: OnIndex,
): Promise<void> {
  const begin = (index: OurIndex) => {
    onIndex({ missing, made: missing.indexOf(index), objects });
  };
  await dialect.createIndexes(locked, lockWait, { indexes, begin });
}
