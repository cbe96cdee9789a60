// What a key wraps, however much it is: each object once, even if others move or destroy some meanwhile.
import assert from 'node:assert/strict';
import { KmsError } from '../../../src/errors.js';
import { collect } from '../../../src/survey/survey.js';
import { fill, TEMPLATE_UID } from '../../bench/fill.js';
import { describeEachDatabase } from '../../support/databases.js';
import { tries } from '../../support/effort.js';
import { sql } from '../../support/sql.js';
import {
  aSymmetricKey,
  insertRows,
  newStorePath,
  storeWith,
  withStore,
} from '../../support/store.js';

const under = (uid: string, wrappingKeyId: string) => aSymmetricKey({ uid }, {}, { wrappingKeyId });
const uidOf = (object: { readonly uniqueIdentifier: string } | KmsError) =>
  object instanceof KmsError ? object.uid : object.uniqueIdentifier;

describeEachDatabase('dependantsOf', (database) => {
  it('yields each dependant of more than one lookup, and none of another key', async () => {
    const url = await newStorePath(database);
    const template = under(TEMPLATE_UID, 'kek');
    await insertRows(url, [aSymmetricKey({ uid: 'kek' }), under('of-another', 'other-kek')]);
    const count = tries(5003, 10_003);
    await fill(url, template, { from: 0, to: count, prefix: 'dek-' });
    const pages = await withStore(url, (store) => collect(store.dependantsOf(['kek'])));
    const uids = pages.flat().map(uidOf);
    assert.equal(uids.length, count);
    assert.equal(new Set(uids).size, count);
    assert.ok(uids.every((uid) => uid?.startsWith('dek-')));
  });

  it('leaves out what is re-wrapped or destroyed between the lookup of uids and of rows', async () => {
    const url = await storeWith(
      database,
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
