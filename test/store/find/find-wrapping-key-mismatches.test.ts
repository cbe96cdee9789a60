// Objects whose column names another wrapping key than their bytes: all of them, and no other row read.
import assert from 'node:assert/strict';
import { findWrappingKeyMismatches } from '../../../src/store/find/find-wrapping-key-mismatches.js';
import { fill, TEMPLATE_UID } from '../../bench/fill.js';
import { describeEachDatabase } from '../../support/databases.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { dropOurIndexes } from '../../support/meddle.js';
import { sql } from '../../support/sql.js';
import {
  aSymmetricKey,
  insertRows,
  newStorePath,
  storeWith,
  withStore,
} from '../../support/store.js';
import { grow } from '../../support/wrapping/forest.js';
import { aPlant, type Plant } from '../../support/wrapping/plant.js';

describeEachDatabase('findWrappingKeyMismatches', (database) => {
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

  it('finds objects whose column does not name the key that their bytes name, with the index and without it', async () => {
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

  it('reads only the index, however many objects there are (EXPLAIN)', async () => {
    const url = await storeWith(database, [aSymmetricKey({ uid: TEMPLATE_UID })]);
    await fill(url, aSymmetricKey({ uid: TEMPLATE_UID }), { from: 0, to: 3000, prefix: 'key-' });
    await insertRows(url, grow(FOREST).rows, []);
    const [statement = ''] = await statementsOf(url, async (connection) => {
      await findWrappingKeyMismatches(connection);
    });
    const plan = await planOf(url, statement);
    assert.match(plan, /kms_rotation_mislabelled/);
    // Without a limit PostgreSQL reads ten million objects rather than an index that it takes for a third of them.
    assert.match(statement, /limit 256$/);
    assert.doesNotMatch(plan, /Seq Scan|"type":"(ALL|index)"/);
  });
});
