// Creates the table of requests to a server that are not complete. Whoever may write the conditions may write it.
import type { Knex } from 'knex';
import { grantOnUpgrade, type UpgradeGrants } from './grant-on-upgrade.js';
import { runResumably } from './resumable-ddl.js';

export const serverRequests: Knex.Migration = { up, down };

async function up(knex: Knex): Promise<void> {
  const schema = knex.schema.createTable('kms_rotation_requests', (table) => {
    /** A digest of the uid: there is one request for each key. */
    table.string('request_key', 64).notNullable().primary();
    table.string('uid', 128).notNullable();
    table.string('public_uid', 128);
    table.string('operation', 16).notNullable();
    /** JSON: what the key had, and what its replacement is to have. */
    table.text('intent', 'longtext').notNullable();
    table.string('step', 16).notNullable();
    table.string('replacement_uid', 128);
    table.string('public_replacement_uid', 128);
    table.string('run_id', 36).notNullable();
    /** Seconds since 1970, by the clock of the database. */
    table.bigInteger('begun_at').notNullable();
    table.bigInteger('touched_at').notNullable();
  });
  await runResumably(knex, schema);
  await grantOnUpgrade(knex, 'kms_rotation_conditions', GRANTS);
}

const GRANTS: UpgradeGrants = {
  SELECT: ['SELECT ON kms_rotation_requests'],
  INSERT: ['INSERT, UPDATE, DELETE ON kms_rotation_requests'],
};

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_requests');
}
