// Chains that end in a key which is not Active, as a server's second transaction leaves them after doctor took its
// replacement back.
import assert from 'node:assert/strict';
import RotateDue from '../../src/commands/rotate/due.js';
import RotateKey from '../../src/commands/rotate/key.js';
import { runCommand } from '../support/command.js';
import { AFTER_CRASH, crashStore } from '../support/crash-store.js';
import { describeOnSqlite, sqlite } from '../support/databases.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { describeEachGolden } from '../support/golden.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { aKeyPair } from '../support/pairs.js';
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
    const uids = database === sqlite ? ['aes', 'kek', 'rsa', 'cert'] : ['kek'];
    for (const uid of uids) {
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

  it('is rotated again as a pair, in the keyset of its private key', async () => {
    const url = await newStorePath(database);
    const enrolled = { RotateName: 'a', RotateGeneration: 0, RotateLatest: true };
    const pair = await aKeyPair({ uid: 'a', privateMembers: enrolled });
    await insertRows(url, [pair.privateKey.row, pair.publicKey.row]);
    await runCommand(RotateKey, url, ['a'], NEXT_MONTH);
    for (const uid of ['a@1', 'a@1_pk']) await changeRow(url, uid, { state: 'Deactivated' });
    assert.deepEqual(codesOf(await look(url)), ['no-live-key a@1 a: told']);
    const kept = await look(url, ['--fix', '--yes', '--keep', 'a@1']);
    assert.deepEqual(codesOf(kept), ['no-live-key a@1 a: repaired']);
    const [key, publicKey] = [await rowOf(url, 'a@2'), await rowOf(url, 'a@2_pk')];
    assert.deepEqual([key.state, publicKey.state], ['Active', 'Active']);
    assert.match(key.attributes, /"RotateInterval": ?2592000/);
    assert.deepEqual(codesOf(await look(url)), []);
  });

  it('is told, too, if our log knows no more than its first member', async () => {
    const url = await rotated();
    const next = { RotateName: 'a', RotateGeneration: 2 };
    const link = (type: string, uid: string) => ({ LinkType: type, LinkedObjectIdentifier: uid });
    const links = [link('ReplacedObjectLink', 'a@1')];
    const last = aSymmetricKey({ uid: 'a@2' }, { ...next, Link: links }, { state: 'Deactivated' });
    await insertRows(url, [last]);
    const both = [link('ReplacedObjectLink', 'a'), link('ReplacementObjectLink', 'a@2')];
    await setAttributes(url, 'a@1', { Link: both, RotateLatest: false });
    await end(url);
    assert.deepEqual(codesOf(await look(url, only)), ['no-live-key a@2 a@1: told']);
    await sql(url, 'DELETE FROM kms_rotation_log');
    assert.deepEqual(codesOf(await look(url, only)), []);
  });

  it('is rotated again in a keyset, with schedule and tags, if doctor took its end back', async () => {
    const url = await newStorePath(database);
    const Link = [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'a@1' }];
    const over = { state: 'Deactivated' };
    const [last, end] = [
      aSymmetricKey({ uid: 'a', keyset: true }, { RotateLatest: false }, over),
      aSymmetricKey(
        { uid: 'a@1' },
        { RotateName: 'a', RotateGeneration: 1, RotateInterval: 0, RotateLatest: false },
        over,
      ),
    ];
    await insertRows(url, [last, end]);
    await setAttributes(url, 'a', { RotateInterval: 0, Link });
    await sql(url, `INSERT INTO tags (id, tag) VALUES ('a', 'mine')`);
    for (const [outcome, by, message] of [
      ['policy', null, 'policy: none -> 45d, offset 3d, keyset a'],
      ['rolled-back', 'a@1', '{}'],
    ] as const)
      await sql(
        url,
        `INSERT INTO kms_rotation_log (run_id, at, duration_ms, host, os_user, version, uid, replacement_uid, outcome, message)
         VALUES ('r', '2026-02-01T08:00:00Z', 1, 'h', 'u', '0', 'a', ?, ?, ?)`,
        by,
        outcome,
        message,
      );
    assert.deepEqual(codesOf(await look(url, ['--fix', '--yes', ...only])), [
      'no-live-key a@1 a: repaired',
    ]);
    const live = await rowOf(url, 'a@2');
    assert.equal(live.state, 'Active');
    const { RotateInterval, RotateOffset } = JSON.parse(live.attributes) as Record<string, unknown>;
    assert.deepEqual([RotateInterval, RotateOffset], [45 * DAY, 3 * DAY]);
    assert.deepEqual((await readStore(url)).tags.get('a@2'), ['_kk', 'mine']);
    const { summary } = await look(url, ['--fix', '--yes']);
    assert.deepEqual([summary['errors'], summary['repaired']], [0, 0]);
    assert.equal((await runCommand(RotateDue, url, [], NEXT_MONTH)).exitCode, 0);
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
