// Brings our own tables up to date, by knex migrations with a bookkeeping table of ours. A released migration is never
// changed; a new one gets the next number.
import type { Knex } from 'knex';
import { KmsError } from '../../../errors.js';
import { withConnection } from '../../connect/connect.js';
import type { Connection, ConnectOptions } from '../../connect/connection.js';
import { isPermissionDenied } from '../../connect/errors/driver-errors.js';
import { withFirstFailure } from '../../connect/errors/first-failure.js';
import { LOG_TABLE, MIGRATIONS_LOCK_TABLE, MIGRATIONS_TABLE, STORE_TABLE } from '../our-tables.js';
import { rotationLog } from './001-rotation-log.js';
import { notifications } from './002-notifications.js';
import { storeId } from './003-store-id.js';
import { conditions } from './004-conditions.js';
import { options } from './005-options.js';
import { serverRequests } from './006-server-requests.js';
import { retiring } from './007-retiring.js';
import { logChain } from './008-log-chain.js';

interface OurMigration {
  readonly name: string;
  readonly migration: Knex.Migration;
  /** The oldest version of the tables that a kms must know to use them from then on; by default as before. */
  readonly oldestVersion?: number;
}

/** The version of the tables is how many migrations there are. */
const MIGRATIONS: readonly OurMigration[] = [
  { name: '001-rotation-log', migration: rotationLog },
  { name: '002-notifications', migration: notifications },
  { name: '003-store-id', migration: storeId },
  { name: '004-conditions', migration: conditions },
  { name: '005-options', migration: options },
  { name: '006-server-requests', migration: serverRequests },
  { name: '007-retiring', migration: retiring },
  // A kms that knows no chains would add rows without a hash.
  { name: '008-log-chain', migration: logChain, oldestVersion: 8 },
];

const SETTINGS = {
  tableName: MIGRATIONS_TABLE,
  migrationSource: {
    getMigrations: () => Promise.resolve([...MIGRATIONS]),
    getMigrationName: ({ name }: OurMigration) => name,
    getMigration: ({ migration }: OurMigration) => Promise.resolve(migration),
  },
};

/**
 * Runs the migrations that are missing, within the schema lock, and returns their names.
 *
 * @throws KmsError StoreUnfit if a later version of kms has prepared the store.
 */
export async function migrate(connection: Connection): Promise<readonly string[]> {
  const { knex } = connection;
  await assertVersionKnown(connection);
  await refuseLaterVersion(connection);
  // The schema lock keeps others out, so a lock that is still set was left by a process that was killed.
  await freeMigrationsLock(connection);
  // Whatever fails while knex takes its lock, it reports as a lock that somebody else holds.
  const isLocking = (error: unknown) => error instanceof Error && error.name === 'MigrationLocked';
  return withFirstFailure(knex, isLocking, async () => {
    const [, done] = (await knex.migrate.latest(SETTINGS)) as [number, string[]];
    await stateOldestVersion(knex);
    return done;
  });
}

async function stateOldestVersion(knex: Knex): Promise<void> {
  const oldest = Math.max(...MIGRATIONS.map(({ oldestVersion }) => oldestVersion ?? 0));
  await knex(STORE_TABLE)
    .where((stale) => void stale.whereNull('oldest_version').orWhere('oldest_version', '<', oldest))
    .update({ oldest_version: oldest });
}

/**
 * Ensures that this version of kms may use the tables, for reading too. Tables from before version 8 say nothing, and any
 * version may.
 *
 * @throws KmsError StoreUnfit, naming both versions.
 */
export async function assertVersionKnown({ knex, redactedUrl }: Connection): Promise<void> {
  if (!(await knex.schema.hasTable(STORE_TABLE))) return;
  const row = await knex(STORE_TABLE).first<{ oldest_version?: number | null } | undefined>();
  const oldest = row?.oldest_version ?? 0;
  const known = MIGRATIONS.length;
  if (oldest <= known) return;
  throw new KmsError(
    'StoreUnfit',
    `${redactedUrl}: a later version of kms has prepared it: its tables need a kms that knows version ${oldest} of them, and this one knows version ${known}`,
    { hint: 'use that version of kms, or a later one' },
  );
}

/**
 * Returns the names of the migrations that a database has; none without our tables. A server hides a table from a user
 * who has no privilege on it, so where there is another of our tables, theirs is read all the same.
 *
 * @throws KmsError if the database cannot be reached, or their table not be read.
 */
export function appliedMigrations(
  url: string,
  options: ConnectOptions,
): Promise<readonly string[]> {
  return withConnection(url, options, async ({ knex }) =>
    (await knex.schema.hasTable(LOG_TABLE)) ? readNames(knex) : namesOfApplied(knex),
  );
}

/** What is missing or left behind of our own tables. */
export interface MigrationFaults {
  /** Our migrations that the database does not have; null if that cannot be read. */
  readonly pending: readonly string[] | null;
  /** A process that brought our tables up to date is at work, or was killed. */
  readonly isLocked: boolean;
}

/** A user without the privilege to see a table finds none there. */
export async function migrationFaults({ knex }: Connection): Promise<MigrationFaults> {
  const [applied, isLocked] = [
    await readable(() => namesOfApplied(knex)),
    await readable(() => isLockSet(knex)),
  ];
  const names = MIGRATIONS.map(({ name }) => name);
  const pending = applied === null ? null : names.filter((name) => !applied.includes(name));
  return { pending, isLocked: isLocked ?? false };
}

/** Frees the lock of the migrations; within the schema lock, whoever has set it was killed. */
export async function freeMigrationsLock({ knex }: Pick<Connection, 'knex'>): Promise<void> {
  await knex.migrate.forceFreeMigrationsLock(SETTINGS);
}

async function isLockSet(knex: Knex): Promise<boolean> {
  if (!(await knex.schema.hasTable(MIGRATIONS_LOCK_TABLE))) return false;
  const row: unknown = await knex(MIGRATIONS_LOCK_TABLE).where('is_locked', 1).first('is_locked');
  return row !== undefined;
}

/** Null without the privilege to read it. */
async function readable<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (isPermissionDenied(error)) return null;
    throw error;
  }
}

/** A later version may have other indexes, and knex would call its migrations missing files. */
async function refuseLaterVersion({ knex, redactedUrl }: Connection): Promise<void> {
  const known = MIGRATIONS.map(({ name }) => name);
  const later = (await namesOfApplied(knex)).find((name) => !known.includes(name));
  if (later === undefined) return;
  throw new KmsError(
    'StoreUnfit',
    `${redactedUrl}: a later version of kms has prepared it (${later})`,
    { hint: 'use that version of kms, or a later one' },
  );
}

async function namesOfApplied(knex: Knex): Promise<readonly string[]> {
  return (await knex.schema.hasTable(MIGRATIONS_TABLE)) ? readNames(knex) : [];
}

async function readNames(knex: Knex): Promise<readonly string[]> {
  const rows = await knex(MIGRATIONS_TABLE).select<{ name: string }[]>('name').orderBy('id');
  return rows.map(({ name }) => name);
}
