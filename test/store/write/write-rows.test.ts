// Many rows in few statements, on every database: each row is compared with itself as it was read, and the limits of a
// statement do not limit a batch.
import assert from 'node:assert/strict';
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import type { ApplyResult } from '../../../src/store/apply.js';
import type { UnitOfWork } from '../../../src/store/write/write-units.js';
import { describeEachDatabase } from '../../support/databases.js';
import { kindsOf } from '../../support/candidates.js';
import { sql } from '../../support/sql.js';
import { aSymmetricKey, insertRows, rowsOf, storeWith, withStore } from '../../support/store.js';
import { symmetricKeys } from '../../support/symmetric-keys.js';
import { created } from '../../support/log-entries.js';

/** Every kind of character that a statement, a driver or a collation could mishandle. */
const ODD_UIDS = [
  `it's`,
  'a"b',
  'what?',
  '??',
  '\\?',
  'back\\',
  ':name',
  '😀',
  'é',
  '-x',
  '{"a":1}',
];

/** A rotation by hand: the row becomes Deactivated, its replacement is a copy of it under another uid. */
function unitOf(before: ObjectRow, changes: Partial<ObjectRow> = {}): UnitOfWork {
  return {
    changes: [
      {
        kind: 'create',
        row: { ...before, id: `${before.id}@1` },
        systemTag: '_kk',
        replacedUid: before.id,
      },
      {
        kind: 'replace',
        before: { ...before, ...changes },
        after: { ...before, state: 'Deactivated', object: `${before.object} ` },
      },
    ],
    rewrapping: null,
    ownRows: [created(`${before.id}@1`)],
  };
}

describeEachDatabase('write-rows', (database) => {
  const storeOf = (rows: readonly ObjectRow[], tags?: string[]) => storeWith(database, rows, tags);

  /** The rows as this database returns them. */
  async function read(url: string): Promise<readonly ObjectRow[]> {
    const found = await withStore(url, async (store) =>
      store.load((await rowsOf(url)).map(({ id }) => id)),
    );
    return found.map(({ row }) => row);
  }

  const apply = (url: string, units: readonly UnitOfWork[]): Promise<ApplyResult> =>
    withStore(url, (store) => store.apply(units));

  it('writes more rotations at once than fit into one statement', async () => {
    const count = 600;
    const url = await storeOf(symmetricKeys(count), ['_kk', 'env:prod']);
    const rows = await read(url);
    const { outcomes } = await apply(
      url,
      rows.map((row) => unitOf(row)),
    );
    assert.deepEqual(new Set(kindsOf(outcomes)), new Set(['written']));
    const written = new Map((await rowsOf(url)).map((row) => [row.id, row]));
    assert.equal(written.size, 2 * count);
    for (const row of rows) {
      assert.equal(written.get(row.id)?.state, 'Deactivated');
      assert.equal(written.get(row.id)?.object, `${row.object} `);
      assert.equal(written.get(`${row.id}@1`)?.object, row.object);
    }
    const tags = await sql(url, `SELECT id, tag FROM tags WHERE id LIKE '%@1'`);
    assert.equal(tags.length, 2 * count);
  });

  it('writes objects that together are too large for one statement', async () => {
    const large = { object: `{"SymmetricKey": "${"x'\\\\".repeat(250_000)}"}` };
    const url = await storeOf([]);
    for (const uid of ['a', 'b', 'c', 'd', 'e', 'f'])
      await insertRows(url, [aSymmetricKey({ uid }, {}, large)]);
    const rows = await read(url);
    const { outcomes } = await apply(
      url,
      rows.map((row) => unitOf(row)),
    );
    assert.deepEqual(new Set(kindsOf(outcomes)), new Set(['written']));
    for (const { id, object } of await rowsOf(url)) {
      assert.ok(object === large.object + (id.endsWith('@1') ? '' : ' '), id);
    }
  });

  it('accepts uids with any character, and copies the tags and grants of each', async () => {
    const url = await storeOf(
      ODD_UIDS.map((uid) => aSymmetricKey({ uid })),
      [],
    );
    for (const uid of ODD_UIDS) {
      await sql(url, 'INSERT INTO tags VALUES (?, ?)', uid, `tag of ${uid}`);
      await sql(url, 'INSERT INTO read_access VALUES (?, ?, ?)', uid, `${uid}@example.org`, '[]');
    }
    const rows = await read(url);
    const { outcomes } = await apply(
      url,
      rows.map((row) => unitOf(row)),
    );
    assert.deepEqual(new Set(kindsOf(outcomes)), new Set(['written']));
    for (const uid of ODD_UIDS) {
      const tags = await sql(url, 'SELECT tag FROM tags WHERE id = ?', `${uid}@1`);
      assert.deepEqual(tags.map(({ tag }) => tag).sort(), ['_kk', `tag of ${uid}`], uid);
      const grants = await sql(url, 'SELECT userid FROM read_access WHERE id = ?', `${uid}@1`);
      assert.deepEqual(grants, [{ userid: `${uid}@example.org` }]);
    }
  });

  it('compares each row with what was read of that row, not of another', async () => {
    const url = await storeOf(['a', 'b', 'c'].map((uid) => aSymmetricKey({ uid })));
    const [a, b, c] = await read(url);
    assert.ok(a && b && c);
    const units = [unitOf(a, { object: b.object }), unitOf(b, { object: a.object }), unitOf(c)];
    const { outcomes } = await apply(url, units);
    assert.deepEqual(kindsOf(outcomes), ['conflict', 'conflict', 'written']);
  });

  it('does not write to a row whose uid differs in the case of a letter', async () => {
    const url = await storeOf([aSymmetricKey({ uid: 'kek' })]);
    const [row] = await read(url);
    assert.ok(row);
    const { outcomes } = await apply(url, [unitOf(row, { id: 'KEK' })]);
    assert.deepEqual(kindsOf(outcomes), ['conflict']);
    assert.deepEqual((await rowsOf(url)).length, 1);
  });
});
