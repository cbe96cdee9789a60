// Dependants under a replaced wrapping key: which they are, and where they belong.
import assert from 'node:assert/strict';
import { orphans } from '../src/orphans.js';
import { isInShard } from '../src/shard.js';
import { collect, type SurveyFilters } from '../src/survey.js';
import { describeEachDatabase } from './support/databases.js';
import { aSymmetricKey, insertRows, newStorePath, withStore } from './support/store.js';

const RETIRED = { state: 'Deactivated' };
const under = (wrappingKeyId: string) => ({ wrappingKeyId });
const replacedBy = (uid: string) => ({
  Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid }],
});

async function orphansIn(url: string, filters: SurveyFilters = { tags: [] }) {
  return (await withStore(url, (store) => collect(orphans(store, filters)))).flat();
}

describeEachDatabase('orphans', (database) => {
  it('are those under a replaced wrapping key, Destroyed ones aside', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [
      aSymmetricKey({ uid: 'kek-1' }, replacedBy('kek-2'), RETIRED),
      aSymmetricKey({ uid: 'kek-2' }),
      aSymmetricKey({ uid: 'left' }, {}, under('kek-1')),
      aSymmetricKey({ uid: 'moved' }, {}, under('kek-2')),
      aSymmetricKey({ uid: 'destroyed' }, {}, { ...under('kek-1'), state: 'Destroyed' }),
    ]);
    assert.deepEqual(await orphansIn(url), [
      { uid: 'left', wrappingKeyUid: 'kek-1', replacementUid: 'kek-2' },
    ]);
  });

  it('belong under the latest generation, and nowhere that can be told in a circle of them', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [
      aSymmetricKey({ uid: 'kek-1' }, replacedBy('kek-2'), RETIRED),
      aSymmetricKey({ uid: 'kek-2' }, replacedBy('kek-3'), RETIRED),
      aSymmetricKey({ uid: 'kek-3' }),
      aSymmetricKey({ uid: 'round-1' }, replacedBy('round-2'), RETIRED),
      aSymmetricKey({ uid: 'round-2' }, replacedBy('round-1'), RETIRED),
      aSymmetricKey({ uid: 'ended' }, {}, RETIRED),
      ...['kek-1', 'kek-2', 'round-1', 'ended'].map((uid) =>
        aSymmetricKey({ uid: `under-${uid}` }, {}, under(uid)),
      ),
    ]);
    assert.deepEqual(await orphansIn(url), [
      { uid: 'under-kek-1', wrappingKeyUid: 'kek-1', replacementUid: 'kek-3' },
      { uid: 'under-kek-2', wrappingKeyUid: 'kek-2', replacementUid: 'kek-3' },
      { uid: 'under-round-1', wrappingKeyUid: 'round-1', replacementUid: null },
    ]);
  });

  it('are filtered by owner, tag, type and shard', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [
      aSymmetricKey({ uid: 'kek-1' }, replacedBy('kek-2'), RETIRED),
      aSymmetricKey({ uid: 'kek-2' }),
      aSymmetricKey({ uid: 'bobs', owner: 'bob' }, {}, under('kek-1')),
      aSymmetricKey({ uid: 'secret' }, { ObjectType: 'SecretData' }, under('kek-1')),
    ]);
    await insertRows(url, [aSymmetricKey({ uid: 'tagged' }, {}, under('kek-1'))], ['_kk', 'mine']);
    const uids = async (filters: Partial<SurveyFilters>) =>
      (await orphansIn(url, { tags: [], ...filters })).map(({ uid }) => uid);
    const all = await uids({});
    assert.deepEqual(all, ['bobs', 'secret', 'tagged']);
    assert.deepEqual(await uids({ owner: 'bob' }), ['bobs']);
    assert.deepEqual(await uids({ tags: ['mine'] }), ['tagged']);
    assert.deepEqual(await uids({ objectType: 'SecretData' }), ['secret']);
    for (const index of [0, 1]) {
      const shard = { index, of: 2 };
      assert.deepEqual(
        await uids({ shard }),
        all.filter((uid) => isInShard(uid, shard)),
      );
    }
  });
});
