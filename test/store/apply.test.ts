// A rotation is written wholly or not at all, and only over what was read.
import assert from 'node:assert/strict';
import { prepareRotation } from '../../src/flows/prepare-rotation.js';
import type { Change } from '../../src/flows/change.js';
import { apply } from '../../src/store/apply.js';
import { connect } from '../../src/store/connect/connect.js';
import type { Store } from '../../src/store/store.js';
import { UNMONITORED } from '../../src/store/write/rewrap-dependants.js';
import { insertRows, newStorePath, rowsOf, withStore } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { aRotationContext, kindsOf, reasonsOf } from '../support/candidates.js';
import { sql } from '../support/sql.js';
import { failWrites, setAttributes } from '../support/meddle.js';
import { describeEachDatabase } from '../support/databases.js';
import { valuesOf } from '../support/values-of.js';

const NOW = JANUARY + 31 * DAY;

const contextFor = (uid: string) => aRotationContext(NOW, { newUid: () => uid });

async function changesFor(
  store: Store,
  uid: string,
  replacementUid: string,
): Promise<readonly Change[]> {
  const [candidate] = await store.load([uid]);
  assert.ok(candidate);
  return (await prepareRotation(candidate, contextFor(replacementUid))).changes;
}

/** A rotation of a key with a row of our own about it. */
const unitFor = async (store: Store, uid: string, replacementUid = `${uid}2`) => ({
  changes: await changesFor(store, uid, replacementUid),
  rewrapping: null,
  ownRows: [logOf(uid)],
});

const unitsFor = async (store: Store, ...uids: readonly string[]) => {
  const units = [];
  for (const uid of uids) units.push(await unitFor(store, uid));
  return units;
};

const logOf = (uid: string) => ({
  table: 'kms_rotation_log',
  row: {
    run_id: 'run',
    at: '2026-02-10T08:00:00Z',
    duration_ms: 1,
    host: 'h',
    os_user: 'u',
    version: '0',
    uid,
    outcome: 'rotated',
  },
});

describeEachDatabase('apply', (database) => {
  async function storeOf(...uids: string[]): Promise<string> {
    const path = await newStorePath(database);
    const rows = uids.map((uid) => aSymmetricKey({ uid }));
    await insertRows(path, rows);
    return path;
  }

  it('writes several rotations with our own rows about them in one transaction', async () => {
    const path = await storeOf('a', 'b');
    const { outcomes, error } = await withStore(path, async (store) =>
      store.apply(await unitsFor(store, 'a', 'b')),
    );
    assert.deepEqual(kindsOf(outcomes), ['written', 'written']);
    assert.equal(error, null);
    assert.deepEqual(valuesOf(await rowsOf(path), 'id', 'state'), [
      ['a', 'Deactivated'],
      ['a2', 'Active'],
      ['b', 'Deactivated'],
      ['b2', 'Active'],
    ]);
    assert.equal((await sql(path, `SELECT * FROM kms_rotation_log WHERE uid <> ''`)).length, 2);
  });

  const update = (assignment: string) => (path: string) =>
    sql(path, `UPDATE objects SET ${assignment} WHERE id = 'a'`);
  for (const [what, meddle] of [
    ['its attributes', (path: string) => setAttributes(path, 'a', { Comment: 'x' })],
    [
      'only the case of a letter in them',
      (path: string) => setAttributes(path, 'a', { CryptographicAlgorithm: 'Aes' }),
    ],
    ['its state', update(`state = 'Compromised'`)],
    ['only the case of its state', update(`state = 'ACTIVE'`)],
    ['its object', update(`object = CONCAT(object, ' ')`)],
    ['its owner', update(`owner = 'eve'`)],
    ['only an accent of its owner', update(`owner = 'óps@example.org'`)],
  ] as const) {
    it(`writes nothing of a rotation if another session changed ${what}, and all of the others`, async () => {
      const path = await storeOf('a', 'b');
      let changed: unknown;
      const { outcomes } = await withStore(path, async (store) => {
        const units = await unitsFor(store, 'a', 'b');
        await meddle(path);
        changed = await sql(path, `SELECT * FROM objects WHERE id = 'a'`);
        return store.apply(units);
      });
      assert.deepEqual(kindsOf(outcomes), ['conflict', 'written']);
      assert.deepEqual(await sql(path, `SELECT * FROM objects WHERE id = 'a'`), changed);
      assert.deepEqual(valuesOf(await rowsOf(path), 'id'), ['a', 'b', 'b2']);
      assert.deepEqual(await sql(path, `SELECT id, tag FROM tags WHERE id = 'a2'`), []);
      assert.deepEqual(await sql(path, `SELECT uid FROM kms_rotation_log WHERE uid <> ''`), [
        { uid: 'b' },
      ]);
    });
  }

  it('writes those together whose rows nobody has changed, in two tries', async () => {
    const uids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const path = await storeOf(...uids);
    const connection = await connect(path, { mode: 'write', busyTimeoutMs: 2000 });
    try {
      let inserts = 0;
      connection.knex.on('query', ({ sql: statement }: { sql: string }) => {
        if (/^INSERT INTO .?objects/i.test(statement)) inserts += 1;
      });
      const units = await withStore(path, (store) => unitsFor(store, ...uids), 'read');
      await setAttributes(path, 'a', { Comment: 'x' });
      await sql(path, `DELETE FROM objects WHERE id = 'c'`);
      const { outcomes } = await apply(connection, units, UNMONITORED);
      assert.deepEqual(kindsOf(outcomes), [
        ...['conflict', 'written', 'conflict'],
        ...['written', 'written', 'written'],
      ]);
      assert.equal(inserts, 2);
    } finally {
      await connection.knex.destroy();
    }
  });

  it('reports a uid that is taken as a conflict, and leaves its row alone', async () => {
    const path = await storeOf('a', 'taken');
    const before = await rowsOf(path);
    const { outcomes } = await withStore(path, async (store) =>
      store.apply([await unitFor(store, 'a', 'taken')]),
    );
    assert.deepEqual(kindsOf(outcomes), ['conflict']);
    assert.deepEqual(await rowsOf(path), before);
  });

  for (const table of ['objects', 'tags', 'read_access', 'kms_rotation_log']) {
    it(`leaves every row as it was if writing to ${table} fails`, async () => {
      const path = await storeOf('a');
      await sql(path, `INSERT INTO read_access VALUES ('a', 'bob', '["get"]')`);
      await failWrites(path, { event: 'INSERT', table });
      const contents = async () => [
        await rowsOf(path),
        await sql(path, 'SELECT * FROM tags'),
        await sql(path, 'SELECT * FROM read_access'),
      ];
      const before = await contents();
      const { outcomes, error } = await withStore(path, async (store) =>
        store.apply([await unitFor(store, 'a')]),
      );
      assert.deepEqual(reasonsOf(outcomes), ['RowRefused']);
      assert.equal(error, null);
      assert.deepEqual(await contents(), before);
    });
  }

  it('goes key by key if the database refuses one of a batch, and writes the others', async () => {
    const path = await storeOf('a', 'b', 'c');
    await failWrites(path, { event: 'UPDATE', table: 'objects', uid: 'b' });
    const { outcomes, error } = await withStore(path, async (store) =>
      store.apply(await unitsFor(store, 'a', 'b', 'c')),
    );
    assert.deepEqual(reasonsOf(outcomes), ['written', 'RowRefused', 'written']);
    assert.equal(error, null);
    assert.deepEqual(
      (await rowsOf(path)).map(({ id, state }) => `${id} ${state}`),
      ['a Deactivated', 'a2 Active', 'b Active', 'c Deactivated', 'c2 Active'],
    );
    const log = await sql<{ uid: string }>(
      path,
      `SELECT uid FROM kms_rotation_log WHERE uid <> ''`,
    );
    assert.deepEqual(log.map(({ uid }) => uid).sort(), ['a', 'c']);
  });

  it('fails for the store if only our own rows are refused', async () => {
    const path = await storeOf();
    await failWrites(path, { event: 'INSERT', table: 'kms_rotation_log' });
    await withStore(path, (store) =>
      assert.rejects(store.writeOwnRows([logOf('a')]), { reason: 'StoreFailure' }),
    );
  });

  it('says which rotations are committed if the store fails halfway', async () => {
    const path = await storeOf('a', 'b', 'c');
    const { outcomes, error } = await withStore(path, async (store) => {
      const [a, b, c] = await unitsFor(store, 'a', 'b', 'c');
      const failing = { ...b!, ownRows: [...b!.ownRows, { table: 'absent', row: { uid: 'b' } }] };
      // A conflict in the batch, so that each is tried by itself.
      await sql(path, `UPDATE objects SET state = 'Compromised' WHERE id = 'a'`);
      return store.apply([c!, a!, failing]);
    });
    assert.deepEqual(kindsOf(outcomes), ['written', 'conflict', 'not-tried']);
    assert.equal(error?.reason, 'StoreFailure');
    assert.deepEqual(valuesOf(await rowsOf(path), 'id'), ['a', 'b', 'c', 'c2']);
  });

  it('copies a grant that was added after the key was loaded', async () => {
    const path = await storeOf('a');
    await withStore(path, async (store) => {
      const unit = await unitFor(store, 'a');
      await sql(path, `INSERT INTO read_access VALUES ('a', 'late@example.org', '["get"]')`);
      await store.apply([unit]);
    });
    assert.deepEqual(await sql(path, `SELECT userid FROM read_access WHERE id = 'a2'`), [
      { userid: 'late@example.org' },
    ]);
  });
});
