// Creates the table of policy options: what no KMIP attribute of an object holds.
import type { Knex } from 'knex';
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
  const { driverName } = knex.client as { driverName: string };
  if (driverName === 'pg') await knex.raw(GRANT_AS_LOG);
}

/** On PostgreSQL an upgrade needs no other hand: whoever may write the log may write these. */
const GRANT_AS_LOG = `DO $$DECLARE one record; BEGIN
  FOR one IN
    SELECT granted.grantee, granted.privilege_type FROM pg_class, aclexplode(relacl) AS granted
    WHERE pg_class.oid = 'kms_rotation_log'::regclass
      AND granted.privilege_type IN ('SELECT', 'INSERT') AND granted.grantee NOT IN (0, relowner)
  LOOP
    EXECUTE format('GRANT %s ON kms_rotation_options TO %s',
      CASE one.privilege_type WHEN 'SELECT' THEN 'SELECT' ELSE 'INSERT, DELETE' END,
      one.grantee::regrole);
  END LOOP;
END$$`;

async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('kms_rotation_options');
}
