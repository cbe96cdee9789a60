// Dependants under a replaced wrapping key: which they are, and where they belong.
import assert from 'node:assert/strict';
import { findStaleDependants } from '../../src/survey/stale-dependants.js';
import { isInShard } from '../../src/survey/shard.js';
import { collect } from '../../src/survey/survey.js';
import { describeOnSqlite } from '../support/databases.js';
import { aSymmetricKey, insertRows, storeWith, withStore } from '../support/store.js';
import type { SurveyFilters } from '../../src/survey/survey-filters.js';

const RETIRED = { state: 'Deactivated' };
const under = (wrappingKeyId: string) => ({ wrappingKeyId });
const replacedBy = (uid: string) => ({
  Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid }],
});

/** By wrapping key: why what is under it has nowhere to go. */
const REASONS = new Map([
  ['round-1', 'WrappingCycle'],
  ['to-ended', 'WrappingKeyNotActive'],
  ['to-nothing', 'WrappingKeyMissing'],
  ['unreadable', 'MalformedObject'],
]);

async function staleDependantsIn(url: string, filters: SurveyFilters = { tags: [] }) {
  return (await withStore(url, (store) => collect(findStaleDependants(store, filters)))).flat();
}

describeOnSqlite('stale dependants', (database) => {
  it('are those under a replaced wrapping key, Destroyed ones aside', async () => {
    const url = await storeWith(database, [
      aSymmetricKey({ uid: 'kek-1' }, replacedBy('kek-2'), RETIRED),
      aSymmetricKey({ uid: 'kek-2' }),
      aSymmetricKey({ uid: 'left' }, {}, under('kek-1')),
      aSymmetricKey({ uid: 'moved' }, {}, under('kek-2')),
      aSymmetricKey({ uid: 'destroyed' }, {}, { ...under('kek-1'), state: 'Destroyed' }),
    ]);
    assert.deepEqual(await staleDependantsIn(url), [
      { uid: 'left', wrappingKeyUid: 'kek-1', replacementUid: 'kek-2', error: null },
    ]);
  });

  it('belong under the latest generation; where none may wrap, it is said why', async () => {
    const url = await storeWith(database, [
      aSymmetricKey({ uid: 'kek-1' }, replacedBy('kek-2'), RETIRED),
      aSymmetricKey({ uid: 'kek-2' }, replacedBy('kek-3'), RETIRED),
      aSymmetricKey({ uid: 'kek-3' }),
      aSymmetricKey({ uid: 'round-1' }, replacedBy('round-2'), RETIRED),
      aSymmetricKey({ uid: 'round-2' }, replacedBy('round-1'), RETIRED),
      aSymmetricKey({ uid: 'to-ended' }, replacedBy('ended'), RETIRED),
      aSymmetricKey({ uid: 'to-nothing' }, replacedBy('nothing'), RETIRED),
      aSymmetricKey({ uid: 'unreadable' }, { Link: 1 }, RETIRED),
      aSymmetricKey({ uid: 'ended' }, {}, RETIRED),
      ...[...REASONS.keys(), 'kek-1', 'kek-2', 'ended'].map((uid) =>
        aSymmetricKey({ uid: `under-${uid}` }, {}, under(uid)),
      ),
    ]);
    const found = (await staleDependantsIn(url)).map(({ error, ...rest }) => [
      ...[rest.uid, rest.wrappingKeyUid, rest.replacementUid, error?.reason ?? null],
    ]);
    assert.deepEqual(found.sort(), [
      ['under-kek-1', 'kek-1', 'kek-3', null],
      ['under-kek-2', 'kek-2', 'kek-3', null],
      ...[...REASONS].map(([uid, reason]) => [`under-${uid}`, uid, null, reason]),
    ]);
  });

  it('are listed where the state of their wrapping key cannot be read', async () => {
    const url = await storeWith(database, [
      aSymmetricKey({ uid: 'kek' }, {}, { state: null }),
      aSymmetricKey({ uid: 'dek' }, {}, under('kek')),
    ]);
    assert.deepEqual(
      (await staleDependantsIn(url)).map(({ uid, error }) => [uid, error?.reason]),
      [['dek', 'MalformedObject']],
    );
  });

  it('are filtered by owner, tag, type and shard', async () => {
    const url = await storeWith(database, [
      aSymmetricKey({ uid: 'kek-1' }, replacedBy('kek-2'), RETIRED),
      aSymmetricKey({ uid: 'kek-2' }),
      aSymmetricKey({ uid: 'bobs', owner: 'bob' }, {}, under('kek-1')),
      aSymmetricKey({ uid: 'secret' }, { ObjectType: 'SecretData' }, under('kek-1')),
    ]);
    await insertRows(url, [aSymmetricKey({ uid: 'tagged' }, {}, under('kek-1'))], ['_kk', 'mine']);
    const uids = async (filters: Partial<SurveyFilters>) =>
      (await staleDependantsIn(url, { tags: [], ...filters })).map(({ uid }) => uid);
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
