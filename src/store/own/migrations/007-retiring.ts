// Creates the table of replaced objects that stay Active until their overlap ends.
import type { Knex } from 'knex';
import { grantOnUpgrade, type UpgradeGrants } from './grant-on-upgrade.js';
import { runResumably } from './resumable-ddl.js';

export const retiring: Knex.Migration = { up, down };

async function up(knex: Knex): Promise<void> {
  const schema = knex.schema.createTable('kms_rotation_retiring', (table) => {
    table.string('uid', 128).notNullable().primary();
    table.string('replacement_uid', 128).notNullable();
    /** What was rotated: of a pair, and of a certificate renewed with it, the private key. */
    table.string('object_uid', 128).notNullable();
    /** Seconds since 1970, like all times of this table. */
    table.bigInteger('ends_at').notNullable();
    /** The Deactivation Date that the row had before. */
    table.bigInteger('own_end_at');
    /** 1 if the row has the end as its Deactivation Date, else 0. */
    table.integer('is_dated').notNullable();
    table.string('run_id', 36).notNullable();
    table.bigInteger('began_at').notNullable();
  });
  await runResumably(knex, schema);
  await grantOnUpgrade(knex, 'kms_rotation_log', GRANTS);
}

const GRANTS: UpgradeGrants = {
  SELECT: ['SELECT ON kms_rotation_retiring'],
  INSERT: ['INSERT, UPDATE, DELETE ON kms_rotation_retiring'],
};

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_retiring');
}
