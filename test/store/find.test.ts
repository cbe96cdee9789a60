// Finding candidates: in pages and through filters.
import assert from 'node:assert/strict';
import { collect, keysForARun } from '../../src/survey.js';
import type { Candidate } from '../../src/store/find.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  withStore,
} from '../support/store.js';
import { describeEachDatabase } from '../support/databases.js';

const NOW = JANUARY + 40 * DAY;
const ids = (pages: readonly (readonly Candidate[])[]) => pages.flat().map(({ id }) => id);

describeEachDatabase('findDue', (database) => {
  it('yields every due row once, by earliest deadline, over page ends and equal deadlines', async () => {
    const path = await newStorePath(database);
    const rows = Array.from({ length: 2500 }, (_, index) =>
      aSymmetricKey({ uid: `key-${index}`, initialDate: JANUARY + (index % 3) }),
    );
    await insertRows(path, rows);
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findDue(NOW, { tags: [] }))),
    );
    assert.equal(new Set(found).size, 2500);
    assert.equal(found.length, 2500);
    assert.equal(Number(found[0]?.slice(4)) % 3, 0);
    assert.equal(Number(found.at(-1)?.slice(4)) % 3, 2);
  });

  it('passes over rows that are not Active, not armed or not yet due', async () => {
    const path = await newStorePath(database);
    await insertRows(path, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'later', intervalSeconds: 400 * DAY }),
      aSymmetricKey({ uid: 'retired' }, {}, { state: 'Deactivated' }),
      aSymmetricKey({ uid: 'opted-out' }, { RotateAutomatic: false }),
      aSymmetricKey({ uid: 'plain', intervalSeconds: null }),
      aSymmetricKey({ uid: 'undecidable' }, { RotateInterval: '30d' }),
    ]);
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findDue(NOW, { tags: [] }))),
    );
    assert.deepEqual(found, ['undecidable', 'due']);
  });

  it('filters by owner and by all of several tags', async () => {
    const path = await newStorePath(database);
    await insertRows(path, [aSymmetricKey({ uid: 'both' })], ['_kk', 'a', 'b']);
    await insertRows(path, [aSymmetricKey({ uid: 'one' })], ['_kk', 'a']);
    await insertRows(path, [aSymmetricKey({ uid: 'bobs', owner: 'bob' })], ['_kk', 'a', 'b']);
    await withStore(path, async (store) => {
      const found = async (filters: { owner?: string; tags: string[] }) =>
        ids(await collect(store.findDue(NOW, filters))).sort();
      assert.deepEqual(await found({ tags: ['a'] }), ['bobs', 'both', 'one']);
      assert.deepEqual(await found({ tags: ['a', 'b'] }), ['bobs', 'both']);
      assert.deepEqual(await found({ owner: 'ops@example.org', tags: ['a', 'b'] }), ['both']);
    });
  });
});

describeEachDatabase('findWithPolicy', (database) => {
  it('yields what speaks of a policy in any state, and Active rows that cannot be read', async () => {
    const path = await newStorePath(database);
    await insertRows(path, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'retired' }, { RotateInterval: 0 }, { state: 'Deactivated' }),
      aSymmetricKey({ uid: 'no-policy', intervalSeconds: null }),
      aSymmetricKey({ uid: 'unreadable' }, {}, { attributes: '[]' }),
    ]);
    const found = await withStore(path, async (store) =>
      ids(await collect(store.findWithPolicy({ tags: [] }))),
    );
    assert.deepEqual(found, ['due', 'retired', 'unreadable']);
  });
});

describeEachDatabase('survey', (database) => {
  it('plans no key that a run passes over: under an HSM, already replaced', async () => {
    const path = await newStorePath(database);
    const link = [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'due' }];
    await insertRows(path, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'under-hsm' }, {}, { wrappingKeyId: 'hsm::1::kek' }),
      aSymmetricKey({ uid: 'replaced' }, { Link: link }),
    ]);
    const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
    const planned = await withStore(path, (store) =>
      collect(keysForARun(store, terms, { tags: [] })),
    );
    assert.deepEqual(
      planned.map(({ uid }) => uid),
      ['due'],
    );
  });
});
