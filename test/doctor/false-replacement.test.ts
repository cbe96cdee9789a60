// Armed keys that say they were replaced, by an object that does not say so.
import assert from 'node:assert/strict';
import RotateDue from '../../src/commands/rotate/due.js';
import RotateKey from '../../src/commands/rotate/key.js';
import { runCommand } from '../support/command.js';
import { describeOnSqlite } from '../support/databases.js';
import { codesOf, fix } from '../support/doctor.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowOf,
  rowsOf,
} from '../support/store.js';

const NOW = JANUARY + 60 * DAY;
const linked = (uid: string, LinkType: string, to: string, members = {}) =>
  aSymmetricKey({ uid }, { Link: [{ LinkType, LinkedObjectIdentifier: to }], ...members });
const fixed = (url: string) => fix(url, [], NOW);
const only = (document: Awaited<ReturnType<typeof fixed>>) =>
  codesOf(document).filter((line) => line.startsWith('false-replacement'));

describeOnSqlite('false-replacement', (database) => {
  const storeOf = async (rows: ReturnType<typeof linked>[]) => {
    const url = await newStorePath(database);
    await insertRows(url, rows);
    return url;
  };

  it('loses its link if the other one and our log deny it, in both copies, and rotates again', async () => {
    const url = await storeOf([
      linked('a', 'ReplacementObjectLink', 'b'),
      linked('b', 'DerivedKeyLink', 'a', { RotateInterval: 0 }),
    ]);
    const other = await rowOf(url, 'b');
    assert.deepEqual(codesOf(await fixed(url)), ['false-replacement a b: repaired']);
    const { attributes, object } = await rowOf(url, 'a');
    assert.doesNotMatch(attributes + object, /ReplacementObjectLink/);
    assert.deepEqual(await rowOf(url, 'b'), other);
    assert.deepEqual(codesOf(await fixed(url)), []);
    assert.equal((await runCommand(RotateDue, url, [], NOW)).exitCode, 0);
    assert.match((await rowOf(url, 'a')).attributes, /ReplacementObjectLink/);
  });

  it('is told if our log says that it was replaced by that one', async () => {
    const url = await storeOf([aSymmetricKey({ uid: 'a', keyset: true })]);
    await runCommand(RotateKey, url, ['a'], NOW);
    await setAttributes(url, 'a', { RotateInterval: 30 * DAY });
    await changeRow(url, 'a', { state: 'Active' });
    await setAttributes(url, 'a@1', { Link: [] });
    assert.deepEqual(only(await fixed(url)), ['false-replacement a a@1: told']);
  });

  it('is told if the other one is destroyed', async () => {
    const url = await storeOf([
      linked('a', 'ReplacementObjectLink', 'b'),
      { ...linked('b', 'DerivedKeyLink', 'c'), state: 'Destroyed' },
    ]);
    const before = await rowsOf(url);
    assert.deepEqual(only(await fixed(url)), ['false-replacement a b: told']);
    assert.deepEqual(await rowsOf(url), before);
  });
});
