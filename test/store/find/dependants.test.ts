// What a key wraps, however much it is: each object once, though others move or destroy some meanwhile.
import assert from 'node:assert/strict';
import { KmsError } from '../../../src/errors.js';
import { collect } from '../../../src/survey/survey.js';
import { fill, TEMPLATE_UID } from '../../bench/fill.js';
import { findWrappingKeyMismatches } from '../../../src/store/find/find-wrapping-key-mismatches.js';
import { describeEachDatabase } from '../../support/databases.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { dropOurIndexes } from '../../support/meddle.js';
import { sql } from '../../support/sql.js';
import { aSymmetricKey, insertRows, newStorePath, withStore } from '../../support/store.js';
import { grow } from '../../support/wrapping/forest.js';
import { aPlant, type Plant } from '../../support/wrapping/plant.js';

const under = (uid: string, wrappingKeyId: string) => aSymmetricKey({ uid }, {}, { wrappingKeyId });
const uidOf = (object: { readonly uniqueIdentifier: string } | KmsError) =>
  object instanceof KmsError ? object.uid : object.uniqueIdentifier;

describeEachDatabase('dependantsOf', (database) => {
  it('yields each of more than it looks up at once, and nobody else’s', async () => {
    const url = await newStorePath(database);
    const template = under(TEMPLATE_UID, 'kek');
    await insertRows(url, [aSymmetricKey({ uid: 'kek' }), under('of-another', 'other-kek')]);
    await fill(url, template, { from: 0, to: 20_003, prefix: 'dek-' });
    const pages = await withStore(url, (store) => collect(store.dependantsOf(['kek'])));
    const uids = pages.flat().map(uidOf);
    assert.equal(uids.length, 20_003);
    assert.equal(new Set(uids).size, 20_003);
    assert.ok(uids.every((uid) => uid?.startsWith('dek-')));
  });

  it('leaves out what is moved or destroyed between the look at uids and at rows', async () => {
    const url = await newStorePath(database);
    await insertRows(
      url,
      Array.from({ length: 600 }, (_, index) => under(`dek-${1000 + index}`, 'kek')),
      [],
    );
    const uids: (string | null)[] = [];
    await withStore(url, async (store) => {
      for await (const page of store.dependantsOf(['kek'])) {
        uids.push(...page.map(uidOf));
        if (uids.length > page.length) continue;
        await sql(url, "UPDATE objects SET wrapping_key_id = 'other-kek' WHERE id = 'dek-1400'");
        await sql(url, "UPDATE objects SET state = 'Destroyed' WHERE id = 'dek-1500'");
      }
    });
    assert.equal(uids.length, 598);
    assert.ok(!uids.includes('dek-1400') && !uids.includes('dek-1500'));
  });
});

describeEachDatabase('findMislabelled', (database) => {
  const wrapped = (changes: Partial<Plant>) => aPlant({ kind: 'hmac', under: 1, ...changes });
  const FOREST = [
    aPlant(),
    wrapped({ column: 'right' }),
    wrapped({ column: 'empty' }),
    wrapped({ column: 'stale' }),
    wrapped({ column: 'stale', state: 'Destroyed' }),
    wrapped({ column: 'right' }),
    wrapped({ column: 'right' }),
  ];
  const MAC = '"MacSignatureKeyInformation":{"UniqueIdentifier":"other"}';

  it('finds by the index and without it what an object’s column does not say of its bytes', async () => {
    const url = await newStorePath(database);
    const rows = grow(FOREST).rows.map((row) => {
      if (row.id === 'hmac-5') {
        return { ...row, object: JSON.stringify(JSON.parse(row.object), undefined, 2) };
      }
      if (row.id !== 'hmac-6') return row;
      const object = row.object.replace('"WrappingMethod":"Encrypt"', `$&,${MAC}`);
      return { ...row, object, wrappingKeyId: 'other' };
    });
    await insertRows(url, rows, []);
    const found = () =>
      withStore(url, async (store) => {
        const all = await store.findWrappingKeyMismatches();
        return all.map(({ uid, wrappingKeyUid }) => `${uid} under ${wrappingKeyUid}`).sort();
      });
    const expected = ['hmac-2', 'hmac-3', 'hmac-6'].map((uid) => `${uid} under aes256-0`);
    assert.deepEqual(await found(), expected);
    await sql(url, `UPDATE objects SET wrapping_key_id = 'aes256-0' WHERE id = 'hmac-2'`);
    await sql(url, `UPDATE objects SET wrapping_key_id = NULL WHERE id = 'hmac-1'`);
    const changed = expected.map((line) => line.replace('hmac-2', 'hmac-1'));
    assert.deepEqual(await found(), changed);
    await dropOurIndexes(url);
    assert.deepEqual(await found(), changed);
  });

  it('reads the index alone, however many objects there are (EXPLAIN)', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [aSymmetricKey({ uid: TEMPLATE_UID })]);
    await fill(url, aSymmetricKey({ uid: TEMPLATE_UID }), { from: 0, to: 3000, prefix: 'key-' });
    await insertRows(url, grow(FOREST).rows, []);
    const [statement = ''] = await statementsOf(url, async (connection) => {
      await findWrappingKeyMismatches(connection);
    });
    const plan = await planOf(url, statement);
    assert.match(plan, /kms_rotation_mislabelled/);
    assert.doesNotMatch(plan, /Seq Scan|"type":"(ALL|index)"/);
  });
});
