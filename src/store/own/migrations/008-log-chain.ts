// Adds to the rotation log what makes it a set of chains, of which no row can be changed unseen; and the table of chains
// that the next one has to name. Rows from before it have no chain until kms init seals them.
import type { Knex } from 'knex';
import { grantOnUpgrade, type UpgradeGrants } from './grant-on-upgrade.js';
import { runResumably } from './resumable-ddl.js';

export const logChain: Knex.Migration = { up, down };

const COLUMNS = ['chain', 'seq', 'previous_hash', 'hash', 'key_id', 'details', 'signature'];

async function up(knex: Knex): Promise<void> {
  const log = knex.schema.alterTable('kms_rotation_log', (table) => {
    table.string('chain', 36);
    /** From 0 on, which is the opening of the chain. */
    table.integer('seq');
    /** Of the row before it in the chain; null in an opening. */
    table.string('previous_hash', 64);
    /** Hexadecimal SHA-256, or HMAC-SHA-256, of the row's content. */
    table.string('hash', 64);
    /** The key of the HMAC; null for the bare hash. */
    table.string('key_id', 32);
    /** Canonical JSON (RFC 8785). */
    table.text('details', 'longtext');
    /** Base64, of a closing alone. */
    table.string('signature', 128);
    table.unique(['chain', 'seq'], { indexName: 'kms_rotation_log_chain' });
  });
  await runResumably(knex, log);
  const chains = knex.schema.createTable('kms_rotation_chains', (table) => {
    table.string('chain', 36).notNullable().primary();
    /** Seconds since 1970. */
    table.bigInteger('opened_at').notNullable();
    /** The newest row that an opening has named, of a chain that may still grow. */
    table.string('named_hash', 64);
  });
  await runResumably(knex, chains);
  const store = knex.schema.alterTable('kms_rotation_store', (table) => {
    /** Of the tables: versions of kms that do not know it must not use them. */
    table.integer('oldest_version');
  });
  await runResumably(knex, store);
  await grantOnUpgrade(knex, 'kms_rotation_log', GRANTS);
}

const GRANTS: UpgradeGrants = {
  SELECT: ['SELECT ON kms_rotation_chains'],
  INSERT: ['INSERT, UPDATE, DELETE ON kms_rotation_chains'],
  // Who prunes the log leaves a row that says so.
  DELETE: [
    'INSERT ON kms_rotation_log',
    'USAGE ON SEQUENCE kms_rotation_log_id_seq',
    'SELECT, INSERT, UPDATE, DELETE ON kms_rotation_chains',
  ],
};

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_chains');
  await knex.schema.alterTable('kms_rotation_store', (table) => {
    table.dropColumn('oldest_version');
  });
  await knex.schema.alterTable('kms_rotation_log', (table) => {
    table.dropUnique(['chain', 'seq'], 'kms_rotation_log_chain');
    table.dropColumns(...COLUMNS);
  });
}
