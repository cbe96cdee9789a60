// The tables of a store by name: those of the server, which we did not design, and our own.
import type { SqlValue } from './dialects/sql.js';

/** The server's tables with the columns that we read and write (storage format §1.2). */
export const SERVER_TABLES: Readonly<Record<string, readonly string[]>> = {
  objects: ['id', 'object', 'attributes', 'state', 'owner', 'wrapping_key_id'],
  tags: ['id', 'tag'],
  read_access: ['id', 'userid', 'permissions'],
  parameters: ['name', 'value'],
};

/** What runs have done (own/rotation-log.ts). */
export const LOG_TABLE = 'kms_rotation_log';
/** Notifications on their way (own/outbox.ts). */
export const OUTBOX_TABLE = 'kms_rotation_outbox';
/** Deadline warnings that were issued (own/warnings.ts). */
export const WARNINGS_TABLE = 'kms_rotation_warnings';
/** Which migrations have made these (own/migrations/migrate.ts). */
export const MIGRATIONS_TABLE = 'kms_rotation_migrations';
/** The name is knex's choice. */
export const MIGRATIONS_LOCK_TABLE = `${MIGRATIONS_TABLE}_lock`;

export const OUR_TABLES: readonly string[] = [
  LOG_TABLE,
  OUTBOX_TABLE,
  WARNINGS_TABLE,
  MIGRATIONS_TABLE,
  MIGRATIONS_LOCK_TABLE,
];

/** A row to be written to one of our own tables. */
export interface OwnRow {
  readonly table: string;
  /** Rows of one table have the same columns. */
  readonly row: Readonly<Record<string, SqlValue>>;
}
