// Notes: links that lead nowhere or are not returned, halves of pairs and certificates, dates that contradict a state.
import assert from 'node:assert/strict';
import RotateKey from '../../src/commands/rotate/key.js';
import { runCommand } from '../support/command.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { sql } from '../support/sql.js';
import {
  adopt,
  aSymmetricKey,
  dateOf,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowOf,
  rowsOf,
} from '../support/store.js';

const NOW = JANUARY + DAY;
const fixed = (url: string) => fix(url, [], NOW);
const remove = (uid: string) => (url: string) => sql(url, 'DELETE FROM objects WHERE id = ?', uid);
const state = (uid: string, name: string) => (url: string) => changeRow(url, uid, { state: name });
const attributes = (uid: string, members: object) => (url: string) =>
  setAttributes(url, uid, members as Readonly<Record<string, unknown>>);

describeEachDatabase('a link to a uid in other letters', (database) => {
  it('is broken only where the database does not take one for the other', async () => {
    const url = await newStorePath(database);
    const Link = [{ LinkType: 'ParentLink', LinkedObjectIdentifier: 'ROOT' }];
    await insertRows(url, [
      aSymmetricKey({ uid: 'root' }),
      aSymmetricKey({ uid: 'leaf' }, { Link }),
    ]);
    const expected = database.kind === 'mysql' ? [] : ['broken-link leaf ROOT: told'];
    assert.deepEqual(codesOf(await doctor(url, ['--only', 'broken-link'], NOW)), expected);
  });
});

describeGolden('notes about a server’s store', () => {
  const store = () => adopt(goldenCopy('store.sqlite'));

  it('are none by itself', async () => {
    assert.deepEqual(codesOf(await doctor(await store(), [], NOW)), []);
  });

  for (const [title, damage, expected, operation] of [
    ['half-pair', remove('rsa2048_pk'), 'rsa2048 rsa2048_pk', /Import/],
    ['half-pair', state('rsa2048_pk', 'Deactivated'), 'rsa2048 rsa2048_pk', /Activate or Revoke/],
    ['half-certificate', remove('service'), 'cert-of-service service', /Import/],
    [
      'broken-link',
      attributes('aes256', { Link: [{ LinkType: 'ParentLink', LinkedObjectIdentifier: 'gone' }] }),
      'aes256 gone',
      /DeleteAttribute/,
    ],
    [
      'contradiction',
      attributes('aes256', { DeactivationDate: dateOf(JANUARY) }),
      'aes256',
      /Revoke/,
    ],
    [
      'contradiction',
      attributes('pre-active', { ActivationDate: dateOf(JANUARY) }),
      'pre-active',
      /Activate/,
    ],
    [
      'contradiction',
      attributes('aes256', { RotateDate: dateOf(NOW + DAY) }),
      'aes256',
      /SetAttribute/,
    ],
  ] as const) {
    it(`tell a ${title} of ${expected} with the server’s operation, and write nothing`, async () => {
      const url = await store();
      await damage(url);
      const before = await rowsOf(url);
      const { findings, exitCode } = await fixed(url);
      const found = findings.filter(
        ({ code, uids }) => code === title && uids.join(' ') === expected,
      );
      assert.equal(found.length, 1, codesOf({ findings }).join('\n'));
      assert.match(found[0]?.repair ?? '', operation);
      assert.deepEqual([found[0]?.severity, exitCode], ['note', 0]);
      assert.deepEqual(await rowsOf(url), before);
    });
  }
});

describeOnSqlite('a replacement that lacks its link back', (database) => {
  const rotated = async () => {
    const url = await newStorePath(database);
    await insertRows(url, [aSymmetricKey({ uid: 'a', keyset: true })]);
    await runCommand(RotateKey, url, ['a'], NOW);
    await setAttributes(url, 'a@1', { Link: undefined });
    return url;
  };
  const codes = async (url: string) =>
    codesOf(await fixed(url)).filter((line) => line.startsWith('broken-link'));

  it('gets it where our log proves it, once', async () => {
    const url = await rotated();
    assert.deepEqual(await codes(url), ['broken-link a a@1: repaired']);
    assert.match(
      (await rowOf(url, 'a@1')).attributes,
      /"ReplacedObjectLink","LinkedObjectIdentifier":"a"/,
    );
    assert.deepEqual(await codes(url), []);
  });

  it('is told where our log does not say so, or the replacement names another', async () => {
    const url = await rotated();
    await setAttributes(url, 'a@1', {
      Link: [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'b' }],
    });
    assert.ok((await codes(url)).includes('broken-link a a@1: told'));
    await setAttributes(url, 'a@1', { Link: undefined });
    await sql(url, 'DELETE FROM kms_rotation_log');
    assert.deepEqual(await codes(url), ['broken-link a a@1: told']);
  });

  it('is told of each object that says to be replaced by it', async () => {
    const url = await rotated();
    const Link = [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'a@1' }];
    for (const uid of ['0', 'z']) {
      await insertRows(url, [aSymmetricKey({ uid }, { Link })]);
      await changeRow(url, uid, { state: 'Deactivated' });
    }
    assert.deepEqual(await codes(url), [
      'broken-link a a@1: repaired',
      'broken-link 0 a@1: told',
      'broken-link z a@1: told',
    ]);
  });
});
