// The way into own/, the room of our own tables beside the server's: their names, and what each is for. The server
// ignores them. migrations/migrate.ts creates them; the file named with each reads and writes it.
import type { SqlValue } from '../dialects/sql.js';

/** What runs have done (rotation-log.ts, read-log.ts). */
export const LOG_TABLE = 'kms_rotation_log';
/** Chains of the log that the next chain has to name, or that may still grow (chain/). */
export const CHAINS_TABLE = 'kms_rotation_chains';
/** Notifications on their way (open-outbox.ts). */
export const OUTBOX_TABLE = 'kms_rotation_outbox';
/** Deadline warnings that were issued (warnings.ts). */
export const WARNINGS_TABLE = 'kms_rotation_warnings';
/** What is wrong now (conditions.ts). */
export const CONDITIONS_TABLE = 'kms_rotation_conditions';
/** The last run of each scope (last-runs.ts). */
export const RUNS_TABLE = 'kms_rotation_runs';
/** What no KMIP attribute holds of a policy (policy-options.ts). */
export const OPTIONS_TABLE = 'kms_rotation_options';
/** Requests to a server that are not complete (server-requests.ts). */
export const REQUESTS_TABLE = 'kms_rotation_requests';
/** Replaced objects that stay Active until their overlap ends (retiring.ts). */
export const RETIRING_TABLE = 'kms_rotation_retiring';
/** The random id of the store (store-label.ts). */
export const STORE_TABLE = 'kms_rotation_store';
/** Which migrations have been run. */
export const MIGRATIONS_TABLE = 'kms_rotation_migrations';
/** The name is knex's choice. */
export const MIGRATIONS_LOCK_TABLE = `${MIGRATIONS_TABLE}_lock`;

export const OUR_TABLES: readonly string[] = [
  LOG_TABLE,
  CHAINS_TABLE,
  OUTBOX_TABLE,
  WARNINGS_TABLE,
  CONDITIONS_TABLE,
  RUNS_TABLE,
  OPTIONS_TABLE,
  REQUESTS_TABLE,
  RETIRING_TABLE,
  STORE_TABLE,
  MIGRATIONS_TABLE,
  MIGRATIONS_LOCK_TABLE,
];

/** A row to be written to one of our tables. */
export interface OwnRow {
  readonly table: string;
  /** Rows of one table have the same columns. */
  readonly row: Readonly<Record<string, SqlValue>>;
}
