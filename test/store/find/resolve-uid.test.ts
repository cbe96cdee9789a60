// Which object an operator means.
import assert from 'node:assert/strict';
import { KmsError, type Reason } from '../../../src/errors.js';
import { describeEachDatabase } from '../../support/databases.js';
import { aKeysetMember } from '../../support/keysets.js';
import { sql } from '../../support/sql.js';
import { aSymmetricKey, storeWith, withStore } from '../../support/store.js';

async function rejectsBy(reason: Reason, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof KmsError && error.reason === reason);
}

describeEachDatabase('resolveUid', (database) => {
  it('takes a name for the latest member, an address for its generation (storage format §6.2)', async () => {
    const path = await storeWith(database, [
      aKeysetMember('set', 0),
      aKeysetMember('set', 1),
      aKeysetMember('set', 2),
      aSymmetricKey({ uid: 'x@y' }),
    ]);
    await withStore(path, async (store) => {
      assert.equal(await store.resolveUid('set'), 'set@2');
      assert.equal(await store.resolveUid('set@latest'), 'set@2');
      assert.equal(await store.resolveUid('set@first'), 'set');
      assert.equal(await store.resolveUid('set@0'), 'set');
      assert.equal(await store.resolveUid('set@1'), 'set@1');
      assert.equal(await store.resolveUid('x@y'), 'x@y');
      await rejectsBy('UnknownUid', store.resolveUid('set@7'));
      await rejectsBy('UnknownUid', store.resolveUid('nothing'));
    });
  });

  it('takes no uid or name for another that differs in case or accents', async () => {
    const path = await storeWith(database, [
      aSymmetricKey({ uid: 'kek' }),
      aKeysetMember('Set', 0),
    ]);
    await withStore(path, async (store) => {
      assert.equal(await store.resolveUid('Set@latest'), 'Set');
      for (const text of ['KEK', 'set@latest', 'Sét@first']) {
        await rejectsBy('UnknownUid', store.resolveUid(text));
      }
    });
  });

  it('refuses a name that keysets of two owners share, and a keyset with an unreadable member', async () => {
    const path = await storeWith(database, [
      aKeysetMember('shared', 0),
      aKeysetMember('shared', 1, { owner: 'bob' }),
      aKeysetMember('odd', 0),
      aSymmetricKey({ uid: 'odd@1' }, { RotateName: 'odd', RotateGeneration: 'one' }),
    ]);
    await withStore(path, async (store) => {
      await rejectsBy('AmbiguousKeyset', store.resolveUid('shared'));
      await rejectsBy('MalformedObject', store.resolveUid('odd'));
    });
  });

  for (const uid of [
    `it's "quoted"`,
    'a/b c',
    '{"json":1}',
    'ключ 鍵',
    '-dash',
    '😀',
    'x'.repeat(128),
    '%_%',
  ]) {
    it(`finds ${JSON.stringify(uid.slice(0, 20))} by exactly that uid`, async () => {
      const path = await storeWith(database, [
        aSymmetricKey({ uid }),
        aSymmetricKey({ uid: 'other' }),
      ]);
      assert.equal(await withStore(path, (store) => store.resolveUid(uid)), uid);
      assert.equal((await sql(path, 'SELECT id FROM objects WHERE id = ?', uid)).length, 1);
    });
  }
});
