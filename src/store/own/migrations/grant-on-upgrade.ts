// Grants on tables that an upgrade adds, so that on PostgreSQL it needs no other hand: whoever may use a table of ours that
// was there before may use the new ones.
import type { Knex } from 'knex';

/**
 * For those who may read that table, for those who may add to it, and for those who may remove rows from it:
 * "SELECT ON kms_rotation_options".
 */
export type UpgradeGrants = Readonly<Record<'SELECT' | 'INSERT', readonly string[]>> & {
  readonly DELETE?: readonly string[];
};

/** Grants this to all who have such a right on `table`, but for its owner. Other databases are told by --print-grants. */
export async function grantOnUpgrade(
  knex: Knex,
  table: string,
  grants: UpgradeGrants,
): Promise<void> {
  const { driverName } = knex.client as { driverName: string };
  if (driverName !== 'pg') return;
  for (const [held, given] of Object.entries(grants)) {
    for (const grant of given) await knex.raw(grantToHolders(table, held, grant));
  }
}

function grantToHolders(table: string, held: string, grant: string): string {
  return `DO $$DECLARE holder regrole; BEGIN
  FOR holder IN
    SELECT granted.grantee::regrole FROM pg_class, aclexplode(relacl) AS granted
    WHERE pg_class.oid = '${table}'::regclass
      AND granted.privilege_type = '${held}' AND granted.grantee NOT IN (0, relowner)
  LOOP
    EXECUTE format('GRANT ${grant} TO %s', holder);
  END LOOP;
END$$`;
}
