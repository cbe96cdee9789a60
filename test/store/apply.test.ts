// What is written is written wholly or not at all, and only over what was read.
import assert from 'node:assert/strict';
import { prepareRotation } from '../../src/flows/flow.js';
import type { Change } from '../../src/flows/change.js';
import type { Store } from '../../src/store/open.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowsOf,
  sql,
  withStore,
} from '../support/store.js';

const NOW = JANUARY + 31 * DAY;

const occasion = (uid: string) =>
  ({ now: NOW, firstDeadline: 'offset', disarm: false, newUid: () => uid }) as const;

async function changesFor(
  store: Store,
  uid: string,
  replacementUid: string,
): Promise<readonly Change[]> {
  const [subject] = await store.load([uid]);
  assert.ok(subject);
  return prepareRotation(subject, occasion(replacementUid)).changes;
}

async function storeOf(...uids: string[]): Promise<string> {
  const path = await newStorePath();
  insertRows(
    path,
    uids.map((uid) => aSymmetricKey({ uid })),
  );
  return path;
}

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

describe('apply', () => {
  it('writes several rotations and the rows that tell of them in one transaction', async () => {
    const path = await storeOf('a', 'b');
    const { outcomes, error } = await withStore(path, async (store) =>
      store.apply([
        { changes: await changesFor(store, 'a', 'a2'), extraRows: [logOf('a')] },
        { changes: await changesFor(store, 'b', 'b2'), extraRows: [logOf('b')] },
      ]),
    );
    assert.deepEqual(outcomes, ['written', 'written']);
    assert.equal(error, null);
    assert.deepEqual(
      rowsOf(path).map(({ id, state }) => [id, state]),
      [
        ['a', 'Deactivated'],
        ['a2', 'Active'],
        ['b', 'Deactivated'],
        ['b2', 'Active'],
      ],
    );
    assert.equal(sql(path, 'SELECT * FROM kms_rotation_log').length, 2);
  });

  for (const [what, statement] of [
    [
      'its attributes',
      `UPDATE objects SET attributes = json_set(attributes, '$.Comment', 'x') WHERE id = 'a'`,
    ],
    ['its state', `UPDATE objects SET state = 'Compromised' WHERE id = 'a'`],
    ['its object', `UPDATE objects SET object = object || ' ' WHERE id = 'a'`],
    ['its owner', `UPDATE objects SET owner = 'eve' WHERE id = 'a'`],
  ] as const) {
    it(`writes nothing of a rotation when somebody changed ${what}, and all of the others`, async () => {
      const path = await storeOf('a', 'b');
      let changed: unknown;
      const { outcomes } = await withStore(path, async (store) => {
        const units = [
          { changes: await changesFor(store, 'a', 'a2'), extraRows: [logOf('a')] },
          { changes: await changesFor(store, 'b', 'b2'), extraRows: [logOf('b')] },
        ];
        sql(path, statement);
        changed = sql(path, `SELECT * FROM objects WHERE id = 'a'`);
        return store.apply(units);
      });
      assert.deepEqual(outcomes, ['conflict', 'written']);
      assert.deepEqual(sql(path, `SELECT * FROM objects WHERE id = 'a'`), changed);
      assert.deepEqual(
        rowsOf(path).map(({ id }) => id),
        ['a', 'b', 'b2'],
      );
      assert.deepEqual(sql(path, `SELECT id, tag FROM tags WHERE id = 'a2'`), []);
      assert.deepEqual(sql(path, 'SELECT uid FROM kms_rotation_log'), [{ uid: 'b' }]);
    });
  }

  it('meets a uid that is taken as a conflict, and leaves its row alone', async () => {
    const path = await storeOf('a', 'taken');
    const before = rowsOf(path);
    const { outcomes } = await withStore(path, async (store) =>
      store.apply([{ changes: await changesFor(store, 'a', 'taken'), extraRows: [] }]),
    );
    assert.deepEqual(outcomes, ['conflict']);
    assert.deepEqual(rowsOf(path), before);
  });

  for (const table of ['objects', 'tags', 'read_access', 'kms_rotation_log']) {
    it(`leaves every row as it was when writing to ${table} fails`, async () => {
      const path = await storeOf('a');
      sql(path, `INSERT INTO read_access VALUES ('a', 'bob', '["get"]')`);
      sql(
        path,
        `CREATE TRIGGER crash BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'crash'); END`,
      );
      const before = [
        rowsOf(path),
        sql(path, 'SELECT * FROM tags'),
        sql(path, 'SELECT * FROM read_access'),
      ];
      const { outcomes, error } = await withStore(path, async (store) =>
        store.apply([{ changes: await changesFor(store, 'a', 'a2'), extraRows: [logOf('a')] }]),
      );
      assert.deepEqual(outcomes, ['not-tried']);
      assert.equal(error?.reason, 'StoreFailure');
      assert.deepEqual(
        [rowsOf(path), sql(path, 'SELECT * FROM tags'), sql(path, 'SELECT * FROM read_access')],
        before,
      );
    });
  }

  it('says of each rotation whether it is committed when the store fails half-way', async () => {
    const path = await storeOf('a', 'b', 'c');
    sql(
      path,
      `CREATE TRIGGER crash BEFORE INSERT ON objects WHEN new.id = 'b2'
        BEGIN SELECT RAISE(ABORT, 'crash'); END`,
    );
    const { outcomes, error } = await withStore(path, async (store) => {
      const units = [];
      for (const uid of ['a', 'b', 'c']) {
        units.push({ changes: await changesFor(store, uid, `${uid}2`), extraRows: [] });
      }
      // Makes the batch miss, so that each is tried by itself.
      sql(path, `UPDATE objects SET state = 'Compromised' WHERE id = 'a'`);
      return store.apply([units[1]!, units[0]!, units[2]!].reverse());
    });
    assert.deepEqual(outcomes, ['written', 'conflict', 'not-tried']);
    assert.equal(error?.reason, 'StoreFailure');
    assert.deepEqual(
      rowsOf(path).map(({ id }) => id),
      ['a', 'b', 'c', 'c2'],
    );
  });

  it('copies a grant that was given after the key was loaded', async () => {
    const path = await storeOf('a');
    await withStore(path, async (store) => {
      const changes = await changesFor(store, 'a', 'a2');
      sql(path, `INSERT INTO read_access VALUES ('a', 'late@example.org', '["get"]')`);
      await store.apply([{ changes, extraRows: [] }]);
    });
    assert.deepEqual(sql(path, `SELECT userid FROM read_access WHERE id = 'a2'`), [
      { userid: 'late@example.org' },
    ]);
  });
});
