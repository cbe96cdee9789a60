// Loading candidates with what their rotation needs to know.
import assert from 'node:assert/strict';
import { KmsError } from '../../../src/errors.js';
import { loadCandidates } from '../../../src/store/find/load-candidates.js';
import { resolveUid } from '../../../src/store/find/resolve-uid.js';
import { describeEachDatabase } from '../../support/databases.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { aKeysetMember } from '../../support/keysets.js';
import {
  aSymmetricKey,
  insertRows,
  newStorePath,
  storeWith,
  withStore,
} from '../../support/store.js';
import { symmetricKeys } from '../../support/symmetric-keys.js';

describeEachDatabase('loadCandidates', (database) => {
  it('names the replacement only if its row exists', async () => {
    const path = await newStorePath(database);
    const link = (uid: string) => ({
      Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid }],
    });
    await insertRows(path, [
      aSymmetricKey({ uid: 'a' }, link('b')),
      aSymmetricKey({ uid: 'b' }, link('gone')),
    ]);
    const candidates = await withStore(path, (store) => store.load(['b', 'a', 'none']));
    assert.deepEqual(
      candidates.map(({ row, replacedBy }) => [row.id, replacedBy]),
      [
        ['b', null],
        ['a', 'b'],
      ],
    );
  });

  it('counts dependants of every owner and state except the two Destroyed states', async () => {
    const path = await newStorePath(database);
    const under = { wrappingKeyId: 'kek' };
    await insertRows(path, [
      aSymmetricKey({ uid: 'kek' }),
      aSymmetricKey({ uid: 'd1', owner: 'bob' }, {}, under),
      aSymmetricKey({ uid: 'd2' }, {}, { ...under, state: 'Compromised' }),
      aSymmetricKey({ uid: 'd3' }, {}, { ...under, state: 'Destroyed' }),
      aSymmetricKey({ uid: 'd4' }, {}, { ...under, state: 'Destroyed_Compromised' }),
      aSymmetricKey({ uid: 'd5' }, {}, { ...under, state: null }),
    ]);
    const [candidate] = await withStore(path, (store) => store.load(['kek']));
    assert.equal(candidate?.dependants, 3);
  });

  if (database.kind === 'mysql') {
    it('counts dependants that name their wrapping key in another case: the server finds it', async () => {
      const path = await storeWith(database, [
        aSymmetricKey({ uid: 'kek' }),
        aSymmetricKey({ uid: 'd1' }, {}, { wrappingKeyId: 'KEK' }),
        aSymmetricKey({ uid: 'd2' }, {}, { wrappingKeyId: 'kek' }),
      ]);
      const [candidate] = await withStore(path, (store) => store.load(['kek']));
      assert.equal(candidate?.dependants, 2);
    });
  }

  it('returns a malformed row as an error of its own, with the others', async () => {
    const path = await storeWith(database, [
      aSymmetricKey({ uid: 'good' }),
      aSymmetricKey({ uid: 'bad' }, {}, { object: '{' }),
    ]);
    const [bad, good] = await withStore(path, (store) => store.load(['bad', 'good']));
    assert.ok(bad?.object instanceof KmsError);
    assert.equal(bad.object.reason, 'MalformedObject');
    assert.ok(!(good?.object instanceof KmsError));
  });

  it('knows the members of a keyset, and whether the next uid is taken by any object', async () => {
    const path = await storeWith(database, [
      aKeysetMember('set', 0),
      aKeysetMember('set', 1),
      aSymmetricKey({ uid: 'set@2' }),
    ]);
    const [candidate] = await withStore(path, (store) => store.load(['set@1']));
    assert.deepEqual(candidate?.keyset.map(({ uid }) => uid).sort(), ['set', 'set@1']);
    assert.equal(candidate.nextUidTaken, true);
  });

  it('takes no uid for another that differs in case, accents or trailing blanks', async () => {
    const path = await storeWith(database, [aSymmetricKey({ uid: 'kek' })]);
    await withStore(path, async (store) => {
      assert.deepEqual(await store.load(['KEK', 'kék', 'kek ']), []);
      assert.deepEqual([...(await store.existingUids(['KEK', 'kék', 'kek ', 'kek']))], ['kek']);
    });
  });

  it('loads more uids than fit into one statement', async () => {
    const path = await newStorePath(database);
    const uids = Array.from({ length: 1201 }, (_, index) => `key-${index}`);
    await insertRows(
      path,
      uids.map((uid) => aSymmetricKey({ uid })),
    );
    const candidates = await withStore(path, (store) => store.load(uids));
    assert.deepEqual(
      candidates.map(({ row }) => row.id),
      uids,
    );
  });
});

/** No statement may read a whole table. */
describeEachDatabase('loadCandidates in a large store', (database) => {
  it('looks up objects, their keysets, dependants and replacements by indexes (EXPLAIN)', async function () {
    this.timeout(60_000);
    const path = await newStorePath(database);
    const links = {
      Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'key-1' }],
    };
    await insertRows(
      path,
      [
        ...symmetricKeys(3000),
        ...Array.from({ length: 300 }, (_, index) =>
          aSymmetricKey({ uid: `under-${index}` }, {}, { wrappingKeyId: `key-${index}` }),
        ),
        ...Array.from({ length: 300 }, (_, index) => aKeysetMember(`set-${index}`, 0)),
        aSymmetricKey({ uid: 'replaced' }, links, { state: 'Deactivated' }),
      ],
      [],
    );
    const uids = ['key-7', 'under-3', 'set-5', 'set-6', 'replaced'];
    const statements = await statementsOf(path, async (connection) => {
      const candidates = await loadCandidates(connection, uids, {
        alsoRelated: ['key-9'],
        detectServerKek: true,
      });
      assert.equal(candidates.length, uids.length);
      await resolveUid(connection, 'set-8@latest');
    });
    const read = statements.filter((statement) => statement.includes('objects'));
    assert.ok(read.length > 6, `${read.length} statements`);
    for (const statement of read) {
      const plan = await planOf(path, statement);
      const whole = /Seq Scan on objects|SCAN (objects|wrapping|dependant)|"type":"(ALL|index)"/;
      assert.doesNotMatch(plan, whole, statement);
    }
  });
});
