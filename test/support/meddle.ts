// What somebody else does to a store, on any database: members changed under a run, triggers that make
// writes fail.
import { kindOf, sql, withBare } from './sql.js';
import { rowOf, type StoredRow } from './store.js';

/** Sets members of an object's attributes; `undefined` takes one away. */
export async function setAttributes(
  url: string,
  uid: string,
  members: Readonly<Record<string, unknown>>,
): Promise<void> {
  const [row] = await sql<StoredRow>(url, 'SELECT attributes FROM objects WHERE id = ?', uid);
  const changed = { ...(JSON.parse(row?.attributes ?? '{}') as object), ...members };
  await sql(url, 'UPDATE objects SET attributes = ? WHERE id = ?', JSON.stringify(changed), uid);
}

/** Sets columns of an object's row. @throws Error if a text is no other than it was. */
export async function changeRow(
  url: string,
  uid: string,
  change: Partial<StoredRow> | ((row: StoredRow) => Partial<StoredRow>),
): Promise<void> {
  const row = await rowOf(url, uid);
  const columns = Object.entries(typeof change === 'function' ? change(row) : change);
  if (columns.every(([name, value]) => row[name as keyof StoredRow] === value)) {
    throw new Error(`nothing of ${uid} would be changed`);
  }
  await sql(
    url,
    `UPDATE objects SET ${columns.map(([name]) => `${name} = ?`).join(', ')} WHERE id = ?`,
    ...columns.map(([, value]) => value),
    uid,
  );
}

/** Changes a byte of a wrapped key. */
export function withBrokenCiphertext({ object }: StoredRow): Partial<StoredRow> {
  const flipped = (_: string, head: string, byte: string) => `${head}${Number(byte) ^ 1}`;
  return { object: object.replace(/("KeyValue":\s*\[)(\d+)/, flipped) };
}

/** Takes our indexes away, and the columns that they need on MySQL. */
export async function dropOurIndexes(url: string): Promise<void> {
  if (kindOf(url) === 'mysql') {
    await sql(
      url,
      `ALTER TABLE objects DROP INDEX kms_rotation_due, DROP INDEX kms_rotation_ends,
        DROP INDEX kms_rotation_usage, DROP COLUMN kms_rotation_end, DROP COLUMN kms_rotation_half_used,
        DROP INDEX kms_rotation_keyset,
        DROP INDEX kms_rotation_certificates, DROP INDEX kms_rotation_mislabelled,
        DROP INDEX kms_rotation_foreign_links, DROP COLUMN kms_rotation_foreign_link,
        DROP INDEX kms_rotation_stopped, DROP COLUMN kms_rotation_stopped_member,
        DROP COLUMN kms_rotation_deadline, DROP COLUMN kms_rotation_keyset_name,
        DROP COLUMN kms_rotation_certificate, DROP COLUMN kms_rotation_mislabel`,
    );
    return;
  }
  for (const name of [
    'due',
    'ends',
    'usage',
    'keyset',
    'certificates',
    'mislabelled',
    'foreign_links',
    'stopped',
  ]) {
    await sql(url, `DROP INDEX kms_rotation_${name}`);
  }
}

/** Makes writes to a table fail; with `uid` only those of that object. */
export async function failWrites(
  url: string,
  { event, table, uid }: { event: 'INSERT' | 'UPDATE'; table: string; uid?: string },
): Promise<void> {
  const condition = uid === undefined ? '1 = 1' : `new.id = '${uid}'`;
  const on = `CREATE TRIGGER crash BEFORE ${event} ON ${table}`;
  const statements = {
    sqlite: [`${on} WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'crash'); END`],
    postgresql: [
      `CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql
        AS $$BEGIN RAISE EXCEPTION 'crash'; END$$`,
      `${on} FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION crash()`,
    ],
    mysql: [
      `${on} FOR EACH ROW BEGIN
        IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'crash'; END IF; END`,
    ],
  }[kindOf(url)];
  await withBare(url, async (bare) => {
    for (const statement of statements) await bare.query(statement);
  });
}
