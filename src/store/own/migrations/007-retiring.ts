// Creates the table of replaced objects that stay Active until their overlap ends.
import type { Knex } from 'knex';
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
  const { driverName } = knex.client as { driverName: string };
  if (driverName === 'pg') await knex.raw(GRANT_AS_LOG);
}

/** On PostgreSQL an upgrade needs no other hand: whoever may write the log may write this. */
const GRANT_AS_LOG = `DO $$DECLARE one record; BEGIN
  FOR one IN
    SELECT granted.grantee, granted.privilege_type FROM pg_class, aclexplode(relacl) AS granted
    WHERE pg_class.oid = 'kms_rotation_log'::regclass
      AND granted.privilege_type IN ('SELECT', 'INSERT') AND granted.grantee NOT IN (0, relowner)
  LOOP
    EXECUTE format('GRANT %s ON kms_rotation_retiring TO %s',
      CASE one.privilege_type WHEN 'SELECT' THEN 'SELECT' ELSE 'INSERT, UPDATE, DELETE' END,
      one.grantee::regrole);
  END LOOP;
END$$`;

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_retiring');
}
