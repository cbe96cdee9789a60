// The wrapping keys that objects name: each once, in pages, by the server's own index.
import assert from 'node:assert/strict';
import { findRetiredWrappingKeys } from '../../../src/store/find/find-wrapping-keys.js';
import { findWrappedBy } from '../../../src/store/find/find.js';
import { collect } from '../../../src/survey/survey.js';
import { describeEachDatabase } from '../../support/databases.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { aSymmetricKey, insertRows, newStorePath, withStore } from '../../support/store.js';
import { valuesOf } from '../../support/values-of.js';

const RETIRED = { state: 'Deactivated' };
const under = (wrappingKeyId: string) => ({ wrappingKeyId });
const retiredIn = async (url: string) =>
  (await withStore(url, (store) => collect(store.findRetiredWrappingKeys()))).flat();

describeEachDatabase('findRetiredWrappingKeys', (database) => {
  it('yields each retired key that is named once, across pages, and no Active or missing one', async () => {
    const url = await newStorePath(database);
    // Of each ten names, one is of a key without a row and one of an Active key.
    const dek = aSymmetricKey();
    const names = Array.from({ length: 1300 }, (_, index) => `kek-${index}`);
    await insertRows(
      url,
      names.flatMap((uid, index) => [
        ...(index % 10 === 0 ? [] : [aSymmetricKey({ uid }, {}, index % 10 === 1 ? {} : RETIRED)]),
        { ...dek, id: `one-of-${index}`, ...under(uid) },
        { ...dek, id: `two-of-${index}`, ...under(uid) },
      ]),
      [],
    );
    await insertRows(url, [aSymmetricKey({ uid: 'unnamed' }, {}, RETIRED)]);
    const found = await retiredIn(url);
    assert.deepEqual([...found].sort(), names.filter((_, index) => index % 10 > 1).sort());
  });

  it('compares names as the database does, whatever their case, accents, script or blanks', async () => {
    const url = await newStorePath(database);
    const retired = ['kek', 'Z', 'a', 'é-1', 'ß', '鍵', '😀', "o'k", 'a b', '%', '_'];
    await insertRows(url, [
      ...retired.map((uid) => aSymmetricKey({ uid }, {}, RETIRED)),
      ...retired.map((uid, index) => aSymmetricKey({ uid: `under-${index}` }, {}, under(uid))),
      // To MySQL and MariaDB this is the first of them, to the others a key without a row.
      aSymmetricKey({ uid: 'under-KEK' }, {}, under('KEK')),
    ]);
    assert.deepEqual([...(await retiredIn(url))].sort(), [...retired].sort());
    const wrapped = await withStore(url, (store) =>
      collect(store.findWrappedBy('kek', { tags: [] })),
    );
    const either = database.kind === 'mysql' ? ['under-0', 'under-KEK'] : ['under-0'];
    assert.deepEqual(valuesOf(wrapped.flat(), 'id'), either);
  });

  it('skips along the server’s index, and looks up keys and what they wrap (EXPLAIN)', async () => {
    const url = await newStorePath(database);
    const wrapped = aSymmetricKey();
    const keks = Array.from({ length: 12 }, (_, index) => `kek-${index}`);
    await insertRows(
      url,
      [
        ...keks.map((uid) => aSymmetricKey({ uid }, {}, RETIRED)),
        ...Array.from({ length: 6000 }, (_, index) => ({
          ...wrapped,
          id: `key-${index}`,
          // Most under a key without a row.
          ...under(keks[index % 500] ?? 'kek-elsewhere'),
        })),
      ],
      [],
    );
    const [steps = '', , ...rest] = await statementsOf(url, async (connection) => {
      await collect(findRetiredWrappingKeys(connection));
      await collect(findWrappedBy(connection, 'kek-3', { tags: [] }));
    });
    const plan = await planOf(url, steps);
    assert.match(plan, /idx_objects_wrapping_key_id/);
    assert.match(
      plan,
      {
        sqlite: /CORRELATED.*SEARCH objects USING COVERING INDEX \w+ \(wrapping_key_id>\?\)/,
        postgresql: /Limit.*Index Only Scan using idx_objects_wrapping_key_id/,
        mysql: /index for group-by|skip scan for deduplication/,
      }[database.kind],
    );
    assert.doesNotMatch(plan, /SCAN objects|Seq Scan/);
    // Their uids, and then the rows by uid.
    const [uids = '', rows = '', ...more] = rest;
    assert.deepEqual(more, []);
    assert.match(await planOf(url, uids), /idx_objects_wrapping_key_id/);
    assert.doesNotMatch(rows, /wrapping_key_id =/);
  });
});
