// Creates the table of policy options: what no KMIP attribute of an object holds.
import type { Knex } from 'knex';
import { grantOnUpgrade, type UpgradeGrants } from './grant-on-upgrade.js';
import { runResumably } from './resumable-ddl.js';

export const options: Knex.Migration = { up, down };

async function up(knex: Knex): Promise<void> {
  const schema = knex.schema.createTable('kms_rotation_options', (table) => {
    /** Of a pair, that of its private key. */
    table.string('uid', 128).notNullable().primary();
    /** Null, like each option: the configuration decides. */
    table.bigInteger('before_end_seconds');
    table.bigInteger('overlap_seconds');
  });
  await runResumably(knex, schema);
  await grantOnUpgrade(knex, 'kms_rotation_log', GRANTS);
}

const GRANTS: UpgradeGrants = {
  SELECT: ['SELECT ON kms_rotation_options'],
  INSERT: ['INSERT, DELETE ON kms_rotation_options'],
};

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_options');
}
