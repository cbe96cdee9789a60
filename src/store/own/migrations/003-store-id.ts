// Gives the store a random id, in a table of one row: what tells it from other stores, whatever URL leads to it.
// store-label.ts uses it. Whoever may read the rotation log may read the id.
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { runResumably } from './resumable-ddl.js';

export const storeId: Knex.Migration = { up, down };

async function up(knex: Knex): Promise<void> {
  const schema = knex.schema.createTable('kms_rotation_store', (table) => {
    table.string('id', 36).notNullable().primary();
  });
  await runResumably(knex, schema);
  const row: unknown = await knex('kms_rotation_store').first('id');
  if (row === undefined) await knex('kms_rotation_store').insert({ id: randomUUID() });
  const { driverName } = knex.client as { driverName: string };
  if (driverName === 'pg') await knex.raw(GRANT_TO_READERS_OF_LOG);
}

/** On PostgreSQL an upgrade needs no other hand: the owner of both tables may grant. */
const GRANT_TO_READERS_OF_LOG = `DO $$DECLARE reader oid; BEGIN
  FOR reader IN
    SELECT granted.grantee FROM pg_class, aclexplode(relacl) AS granted
    WHERE pg_class.oid = 'kms_rotation_log'::regclass
      AND granted.privilege_type = 'SELECT' AND granted.grantee NOT IN (0, relowner)
  LOOP EXECUTE format('GRANT SELECT ON kms_rotation_store TO %s', reader::regrole); END LOOP;
END$$`;

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_store');
}
