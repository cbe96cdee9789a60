// What is missing, outdated or left behind of what kms init adds to a store, and how doctor sets it right: it builds
// indexes and frees a lock, and changes no table.
import { buildIndexes } from './build-indexes.js';
import type { Connection } from '../connect/connection.js';
import { errorCode } from '../connect/errors/error-code.js';
import { isPermissionDenied } from '../connect/errors/driver-errors.js';
import { indexesNamed, namesOfMissing } from '../dialects/our-indexes.js';
import {
  freeMigrationsLock,
  migrationFaults,
  type MigrationFaults,
} from '../own/migrations/migrate.js';
import { lockedSeconds } from './lock-estimate.js';
import { grantOn, grantOnSequence, RUN_PRIVILEGES, SEQUENCES } from './grants.js';

export interface OwnFaults extends MigrationFaults {
  /** Names of our indexes that are not there, or that queries cannot use. */
  readonly missingIndexes: readonly string[];
  /** For how long building them keeps everybody else from writing, roughly, in seconds. */
  readonly lockedSeconds: number;
  /** Statements that give the user of this session what a run needs and it lacks. */
  readonly missingGrants: readonly string[];
}

export async function ownFaults(connection: Connection): Promise<OwnFaults> {
  const { knex, dialect } = connection;
  const usable = indexesNamed(await dialect.usableIndexes(knex));
  return {
    ...(await migrationFaults(connection)),
    missingIndexes: namesOfMissing(usable),
    lockedSeconds: await lockedSeconds(connection, usable),
    missingGrants: dialect.name === 'sqlite' ? [] : await missingGrants(connection),
  };
}

/** Builds the indexes of ours that are missing or cannot be used. @throws KmsError StoreBusy. */
export async function buildMissingIndexes(connection: Connection): Promise<void> {
  await buildIndexes(connection);
}

/** Frees the lock of migrations that a killed kms init has left. @throws KmsError StoreBusy if one is at work. */
export async function freeStaleLock({ knex, dialect, lockWait }: Connection): Promise<void> {
  await dialect.withSchemaLock(knex, lockWait, (locked) => freeMigrationsLock({ knex: locked }));
}

/** Statements that need just one privilege, or one more than SELECT; they are planned and not run. */
const PROBES: Readonly<Record<string, (table: string, column: string) => string>> = {
  SELECT: (table) => `EXPLAIN SELECT 1 FROM ${table} WHERE 1 = 0`,
  INSERT: (table) => `EXPLAIN INSERT INTO ${table} SELECT * FROM ${table} WHERE 1 = 0`,
  DELETE: (table) => `EXPLAIN DELETE FROM ${table} WHERE 1 = 0`,
  UPDATE: (table, column) => `EXPLAIN UPDATE ${table} SET ${column} = ${column} WHERE 1 = 0`,
};

async function missingGrants(connection: Connection): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { table, column, privileges } of RUN_PRIVILEGES) {
    const lacking: string[] = [];
    for (const privilege of privileges) {
      const probe = PROBES[privilege]?.(table, column);
      if (probe !== undefined && (await isDenied(connection, probe))) lacking.push(privilege);
    }
    if (lacking.length > 0) missing.push(await grantStatement(connection, table, lacking));
  }
  if (connection.dialect.name !== 'postgresql') return missing;
  return [...missing, ...(await missingSequenceGrants(connection))];
}

/** A statement that is only planned takes no number, and so tells nothing of sequences. */
async function missingSequenceGrants(connection: Connection): Promise<readonly string[]> {
  const { knex, dialect } = connection;
  const denied = await dialect.select<{ sequence: string }>(
    knex,
    `SELECT sequence FROM unnest(ARRAY[${SEQUENCES.map(() => '?').join(', ')}]::text[]) AS sequence
      WHERE NOT has_sequence_privilege(to_regclass(sequence)::oid, 'USAGE, UPDATE') ORDER BY sequence`,
    SEQUENCES,
  );
  const { name, place } = await sessionOf(connection);
  return denied.map(({ sequence }) => grantOnSequence({ place, sequence, grantee: name }));
}

/** A table that is not there needs no grant yet: kms init makes it. A replica takes no writes from anybody. */
async function isDenied({ knex, dialect }: Connection, probe: string): Promise<boolean> {
  try {
    await knex.transaction(async (transaction) => {
      // Without this a session that only reads is refused whatever its user may do.
      if (dialect.name === 'mysql') {
        await transaction.raw('ROLLBACK');
        await transaction.raw('START TRANSACTION READ WRITE');
      }
      await dialect.select(transaction, probe, []);
    });
    return false;
  } catch (error) {
    if (isPermissionDenied(error)) return true;
    if (TELLS_NOTHING.includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** The table is not there, or the server is read-only. */
const TELLS_NOTHING = ['42P01', 'ER_NO_SUCH_TABLE', 'ER_OPTION_PREVENTS_STATEMENT'];

/** Returns the statement that gives the user of this session privileges on a table. */
async function grantStatement(
  connection: Connection,
  table: string,
  privileges: readonly string[],
): Promise<string> {
  const { name, place } = await sessionOf(connection);
  const { dialect } = connection;
  return grantOn({ dialect: dialect.name, place, table, privileges, grantee: name });
}

/** Returns the user of this session, and its database, or schema. */
async function sessionOf({
  knex,
  dialect,
}: Connection): Promise<{ readonly name: string; readonly place: string }> {
  const [row] = await dialect.select<{ name: string; place: string }>(
    knex,
    dialect.name === 'mysql'
      ? 'SELECT current_user() AS name, database() AS place'
      : 'SELECT current_user AS name, current_schema() AS place',
    [],
  );
  const { name = '', place = '' } = row ?? {};
  return { name, place };
}
