// Creates the rotation log: a row for each object that a run rotated or failed to rotate, written in the transaction of
// that rotation.
import type { Knex } from 'knex';
import { runResumably } from './resumable-ddl.js';

export const rotationLog: Knex.Migration = { up, down };

async function up(knex: Knex): Promise<void> {
  const schema = knex.schema.createTable('kms_rotation_log', (table) => {
    table.bigIncrements('id');
    table.string('run_id', 36).notNullable().index('kms_rotation_log_run_id');
    /** ISO 8601, UTC, to the second. */
    table.string('at', 20).notNullable();
    table.integer('duration_ms').notNullable();
    table.string('host', 255).notNullable();
    table.string('os_user', 255).notNullable();
    table.string('version', 32).notNullable();
    table.string('uid', 128).notNullable().index('kms_rotation_log_uid');
    table.string('replacement_uid', 128);
    table.string('flow', 32);
    table.string('outcome', 16).notNullable();
    table.string('reason', 64);
    table.text('message');
  });
  await runResumably(knex, schema);
}

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_log');
}
