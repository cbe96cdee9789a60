// What doctor finds besides unfinished rotations, and what it does about each.
import assert from 'node:assert/strict';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { describeOnSqlite } from '../support/databases.js';
import { changeRow } from '../support/meddle.js';
import { sql } from '../support/sql.js';
import { aSymmetricKey, insertRows, newStorePath, rowOf, rowsOf } from '../support/store.js';
import { forestStore } from '../support/wrapping/forest-store.js';
import { aPlant } from '../support/wrapping/plant.js';

const linked = (uid: string, LinkType: string, to: string) =>
  aSymmetricKey({ uid }, { Link: [{ LinkType, LinkedObjectIdentifier: to }] });

describeOnSqlite('doctor', (database) => {
  const forest = forestStore(database);
  const wrapped = async () => (await forest([aPlant(), aPlant({ kind: 'hmac', under: 1 })])).url;

  for (const [title, meddle, expected] of [
    [
      'a dependant whose wrapping key is gone',
      (url: string) => sql(url, `DELETE FROM objects WHERE id = 'aes256-0'`),
      ['unreadable-dependant hmac-1 aes256-0: told'],
    ],
    [
      'a dependant whose wrapping key was revoked',
      (url: string) => changeRow(url, 'aes256-0', { state: 'Deactivated' }),
      ['unreadable-dependant hmac-1 aes256-0: told'],
    ],
    [
      'a row that cannot be read',
      (url: string) => changeRow(url, 'hmac-1', { attributes: '[]' }),
      ['unreadable-row hmac-1: told'],
    ],
  ] as const) {
    it(`tells ${title}, and writes nothing`, async () => {
      const url = await wrapped();
      await meddle(url);
      const before = await rowsOf(url);
      const { findings, exitCode } = await fix(url);
      assert.deepEqual(codesOf({ findings }), expected);
      assert.equal(exitCode, 4);
      assert.deepEqual(await rowsOf(url), before);
    });
  }

  it('takes a row that cannot be read for a note, if it neither is Active nor wraps', async () => {
    const url = await wrapped();
    await changeRow(url, 'hmac-1', { attributes: '[]', state: 'Deactivated' });
    assert.equal((await doctor(url)).exitCode, 0);
  });

  it('sets the column of a wrapped object right by its bytes, if they open', async () => {
    const url = await wrapped();
    await changeRow(url, 'hmac-1', { wrapping_key_id: 'hmac-1' });
    assert.deepEqual(codesOf(await fix(url)), [
      'wrapping-key-mismatch hmac-1 hmac-1 aes256-0: repaired',
    ]);
    assert.equal((await rowOf(url, 'hmac-1')).wrapping_key_id, 'aes256-0');
    assert.deepEqual(codesOf(await fix(url)), []);
  });

  it('looks only for what is asked for, and at the objects of an owner', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [
      linked('a', 'ReplacementObjectLink', 'b'),
      linked('b', 'DerivedKeyLink', 'a'),
    ]);
    assert.deepEqual(codesOf(await doctor(url)), ['false-replacement a b: would-repair']);
    assert.deepEqual(codesOf(await doctor(url, ['--only', 'fork'])), []);
    assert.deepEqual(codesOf(await doctor(url, ['--owner', 'bob'])), []);
  });
});
