// Chains that end in a key which is not Active, as a server's second transaction leaves them after doctor took its
// replacement back.
import assert from 'node:assert/strict';
import RotateDue from '../../src/commands/rotate/due.js';
import RotateKey from '../../src/commands/rotate/key.js';
import { runCommand } from '../support/command.js';
import { AFTER_CRASH, crashStore } from '../support/crash-store.js';
import { describeOnSqlite } from '../support/databases.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { describeEachGolden } from '../support/golden.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { sql } from '../support/sql.js';
import { bytesOf, readStore } from '../support/store-contents.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowOf,
  rowsOf,
} from '../support/store.js';

const NEXT_MONTH = JANUARY + 60 * DAY;

/** What a server writes last of a rotation: the replaced key is retired, in the column its schedule too, a certificate aside. */
async function retireByServer(url: string, uid: string, by: string): Promise<void> {
  const { attributes } = await rowOf(url, uid);
  const { Link = [] } = JSON.parse(attributes) as { Link?: readonly object[] };
  const links = [...Link, { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: by }];
  const cleared = uid === 'cert' ? {} : { State: 'Deactivated', RotateInterval: 0 };
  await setAttributes(url, uid, { ...cleared, Link: links });
  await changeRow(url, uid, { state: 'Deactivated' });
}

const only = ['--only', 'no-live-key'];

describeEachGolden(
  'a server that retires a key for a replacement that doctor took back',
  (database) => {
    for (const uid of ['aes', 'kek', 'rsa', 'cert']) {
      it(`is answered by another rotation of ${uid}, with its schedule, tags and dependants`, async () => {
        const url = await crashStore(database);
        const before = await readStore(url);
        const leftover =
          (await doctor(url)).findings.find(({ uids }) => uids[0] === uid)?.uids ?? [];
        await fix(url);
        const by = leftover.find((one) => !['rsa_pk', uid].includes(one)) ?? '';
        await retireByServer(url, uid, by);
        const dry = await doctor(url, only);
        assert.deepEqual(codesOf(dry), [`no-live-key ${by} ${uid}: would-repair`]);
        assert.equal(dry.exitCode, 4);
        assert.deepEqual(codesOf(await fix(url, only)), [`no-live-key ${by} ${uid}: repaired`]);
        const { attributes } = await rowOf(url, uid);
        const replacement =
          /ReplacementObjectLink[^}]*?Identifier": ?"([^"]+)"/.exec(attributes)?.[1] ?? '';
        assert.notEqual(replacement, by);
        const live = await rowOf(url, replacement);
        assert.equal(live.state, 'Active');
        assert.match(live.attributes, /"RotateInterval": ?2592000/);
        if (uid === 'kek') {
          assert.equal((await rowOf(url, 'kek-dep')).wrapping_key_id, replacement);
          assert.deepEqual(bytesOf(await readStore(url), 'kek-dep'), bytesOf(before, 'kek-dep'));
        }
        if (uid === 'aes')
          assert.deepEqual((await readStore(url)).tags.get(replacement), ['_kk', 'env:prod']);
        const rows = await rowsOf(url);
        assert.deepEqual(codesOf(await fix(url, only)), []);
        assert.deepEqual(await rowsOf(url), rows);
        assert.equal((await runCommand(RotateDue, url, [], AFTER_CRASH)).exitCode, 0);
      });
    }
  },
);

describeOnSqlite('a chain that somebody else has ended', (database) => {
  const rotated = async (changes = {}) => {
    const url = await newStorePath(database);
    await insertRows(url, [aSymmetricKey({ uid: 'a', keyset: true, ...changes })]);
    await runCommand(RotateKey, url, ['a'], NEXT_MONTH);
    return url;
  };
  const end = (url: string, state = 'Deactivated') => changeRow(url, 'a@1', { state });
  const look = (url: string, argv: readonly string[] = []) => doctor(url, argv, NEXT_MONTH);

  it('is told, and rotated again only if --keep confirms that', async () => {
    const url = await rotated();
    assert.deepEqual(codesOf(await look(url)), []);
    await end(url);
    const told = await look(url, ['--fix', '--yes']);
    assert.deepEqual(codesOf(told), ['no-live-key a@1 a: told']);
    assert.equal(told.exitCode, 4);
    const kept = await look(url, ['--fix', '--yes', '--keep', 'a@1']);
    assert.deepEqual(codesOf(kept), ['no-live-key a@1 a: repaired']);
    assert.equal((await rowOf(url, 'a@2')).state, 'Active');
    assert.deepEqual(codesOf(await look(url)), []);
  });

  for (const [title, meddle] of [
    ['its end is destroyed', (url: string) => end(url, 'Destroyed')],
    [
      'its end has no schedule',
      async (url: string) => {
        await setAttributes(url, 'a@1', { RotateInterval: 0 });
        await end(url);
      },
    ],
    [
      'our log does not know it',
      async (url: string) => {
        await end(url);
        await sql(url, 'DELETE FROM kms_rotation_log');
      },
    ],
  ] as const) {
    it(`is no finding if ${title}`, async () => {
      const url = await rotated();
      await meddle(url);
      assert.deepEqual(codesOf(await look(url)), []);
    });
  }
});
