// Creates the table of requests to a server that are not complete. Whoever may write the conditions may write it.
import type { Knex } from 'knex';
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
  const { driverName } = knex.client as { driverName: string };
  if (driverName === 'pg') await knex.raw(GRANT_AS_CONDITIONS);
}

/** On PostgreSQL an upgrade needs no other hand: the owner of both tables may grant. */
const GRANT_AS_CONDITIONS = `DO $$DECLARE one record; BEGIN
  FOR one IN
    SELECT granted.grantee, granted.privilege_type FROM pg_class, aclexplode(relacl) AS granted
    WHERE pg_class.oid = 'kms_rotation_conditions'::regclass
      AND granted.privilege_type IN ('SELECT', 'INSERT') AND granted.grantee NOT IN (0, relowner)
  LOOP
    EXECUTE format('GRANT %s ON kms_rotation_requests TO %s',
      CASE one.privilege_type WHEN 'SELECT' THEN 'SELECT' ELSE 'INSERT, UPDATE, DELETE' END,
      one.grantee::regrole);
  END LOOP;
END$$`;

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_requests');
}
