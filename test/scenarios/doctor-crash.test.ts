// What a server leaves that dies between its two transactions (storage format §8.1): doctor tells each rotation, settles
// it, and the next runs find nothing wrong.
import assert from 'node:assert/strict';
import Init from '../../src/commands/init.js';
import Report from '../../src/commands/report.js';
import RotateDue from '../../src/commands/rotate/due.js';
import { escapeHtml } from '../../src/text/escape-html.js';
import { addTag, AFTER_CRASH, crashStore } from '../support/crash-store.js';
import { runCommand, runJson } from '../support/command.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { sqlite } from '../support/databases.js';
import { needThoroughRun } from '../support/effort.js';
import { describeEachGolden, describeGolden, goldenCopy } from '../support/golden.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { schemaErrors } from '../support/schema.js';
import { sql } from '../support/sql.js';
import { bytesOf, linksOf, readStore } from '../support/store-contents.js';
import { adopt, insertRows, rowOf, rowsOf } from '../support/store.js';

const [AES_1, AES_2] = [
  '184fd3dc-8f14-4984-b14b-e3dbe1e4a903',
  'a1b7fffc-df4b-43f8-9bfa-16c053937a01',
];
const [KEK_1, KEK_2] = [
  '0ddc4dfb-68d8-4efe-8758-28cdb7c5a8e3',
  '6036bcc3-cf03-41a1-8423-24ce5b2f66ab',
];
const RSA_1 = 'c90200f2-c63f-4aab-b60e-bc02584a081c';
const CERT_1 = 'a65c6e6f-0efd-42b7-bdf5-aaab2ce880f7';

async function assertSettled(url: string): Promise<void> {
  for (const round of [1, 2]) {
    const { exitCode, stderr } = await runCommand(RotateDue, url, [], AFTER_CRASH);
    assert.equal(exitCode, 0, `run ${round}: ${stderr}`);
  }
  const before = await rowsOf(url);
  assert.deepEqual(codesOf(await fix(url)), []);
  assert.deepEqual(await rowsOf(url), before);
}

describeEachGolden('doctor after a crash of the server', (database) => {
  it('tells each rotation that was never finished, and writes nothing', async () => {
    const url = await crashStore(database);
    const before = await rowsOf(url);
    const told = await doctor(url);
    assert.deepEqual(codesOf(told), [
      `unfinished-rotation aes ${AES_1} ${AES_2}: would-repair`,
      `unfinished-rotation cert ${CERT_1}: would-repair`,
      `unfinished-rotation kek ${KEK_1} ${KEK_2}: would-repair`,
      `unfinished-rotation rsa rsa_pk ${RSA_1} ${RSA_1}_pk: would-repair`,
      'keyset-heads keyset keyset@1 keyset@2: would-repair',
    ]);
    assert.equal(told.exitCode, 4);
    assert.deepEqual(await rowsOf(url), before);
  });

  for (const [first, argv] of [
    ['at once', null],
    ['after a run of kms', []],
  ] as const) {
    it(`settles all of it ${first}: the next runs exit with 0, and a second --fix writes nothing`, async function () {
      if (argv !== null) needThoroughRun(this);
      const url = await crashStore(database);
      const before = await readStore(url);
      if (argv !== null) await runCommand(RotateDue, url, argv, AFTER_CRASH);
      const { exitCode, summary } = await fix(url);
      assert.deepEqual(
        { exitCode, ...summary },
        { exitCode: 0, errors: 5, notes: 0, repaired: 5, left: 0 },
      );
      for (const uid of [AES_1, AES_2, KEK_1, KEK_2, RSA_1, `${RSA_1}_pk`, CERT_1]) {
        const { state, attributes } = await rowOf(url, uid);
        assert.equal(state, 'Deactivated', uid);
        assert.doesNotMatch(attributes, /ReplacedObjectLink/, uid);
      }
      const head = await rowOf(url, 'keyset@2');
      assert.equal(head.state, 'Active');
      assert.match(head.attributes, /"RotateInterval": ?2592000/);
      await assertSettled(url);
      assert.deepEqual(bytesOf(await readStore(url), 'kek-dep'), bytesOf(before, 'kek-dep'));
    });
  }

  it('completes a rotation with the leftover that is in use: policy, tags, grants and dependants go there', async () => {
    const url = await crashStore(database);
    await addTag(url, AES_2, 'used');
    await addTag(url, KEK_1, 'used');
    await sql(
      url,
      `INSERT INTO read_access (id, userid, permissions) VALUES ('aes', 'bob', '["get"]')`,
    );
    assert.equal((await fix(url)).exitCode, 0);
    const after = await readStore(url);
    assert.deepEqual(after.tags.get(AES_2), ['_kk', 'env:prod', 'used']);
    assert.equal(after.grants.get(AES_2)?.length, 1);
    assert.equal((await rowOf(url, 'kek-dep')).wrapping_key_id, KEK_1);
    for (const [uid, state, interval] of [
      ['aes', 'Deactivated', 0],
      [AES_1, 'Deactivated', 0],
      [AES_2, 'Active', 2592000],
      ['kek', 'Deactivated', 0],
      [KEK_1, 'Active', 2592000],
    ] as const) {
      const row = await rowOf(url, uid);
      assert.equal(row.state, state, uid);
      assert.match(row.attributes, new RegExp(`"RotateInterval": ?${interval}\\b`), uid);
    }
    await assertSettled(url);
  });
});

describeGolden('what doctor makes of the leftovers of a crash', () => {
  const store = () => crashStore(sqlite);

  it('completes the rotation of a pair with both keys of the leftover', async () => {
    const url = await store();
    await addTag(url, RSA_1, 'used');
    await sql(
      url,
      `INSERT INTO read_access (id, userid, permissions) VALUES ('rsa_pk', 'bob', '["get"]')`,
    );
    assert.equal((await fix(url, ['--only', 'unfinished-rotation'])).exitCode, 0);
    for (const [uid, by] of [
      ['rsa', RSA_1],
      ['rsa_pk', `${RSA_1}_pk`],
    ] as const) {
      const { state, attributes } = await rowOf(url, uid);
      assert.equal(state, 'Deactivated');
      assert.ok(attributes.includes(`"${by}"`), uid);
      assert.equal((await rowOf(url, by)).state, 'Active');
    }
    assert.match((await rowOf(url, RSA_1)).attributes, /"RotateInterval": ?2592000/);
    assert.equal((await readStore(url)).grants.get(`${RSA_1}_pk`)?.length, 1);
  });

  it('keeps the leftover that --keep names, and takes back what a run has made since', async () => {
    const url = await store();
    const before = await readStore(url);
    await runCommand(RotateDue, url, [], AFTER_CRASH);
    const { wrapping_key_id: live } = await rowOf(url, 'kek-dep');
    await fix(url, ['--keep', KEK_2, '--min-age', '0', '--server-stopped']);
    assert.equal((await rowOf(url, 'kek-dep')).wrapping_key_id, KEK_2);
    assert.equal((await rowOf(url, live ?? '')).state, 'Deactivated');
    await assertSettled(url);
    assert.deepEqual(bytesOf(await readStore(url), 'kek-dep'), bytesOf(before, 'kek-dep'));
  });

  it('puts a replaced key right that a server’s cache has written back, by our log', async () => {
    const url = await store();
    const { attributes } = await rowOf(url, 'healthy');
    await runCommand(RotateDue, url, [], AFTER_CRASH);
    await changeRow(url, 'healthy', { attributes });
    const { findings } = await fix(url, [], AFTER_CRASH + 7200);
    const found = findings.find(({ uids }) => uids[0] === 'healthy');
    assert.equal(found?.outcome, 'repaired', found?.why);
    const after = await rowOf(url, 'healthy');
    assert.match(after.attributes, /ReplacementObjectLink/);
    assert.match(after.attributes, /"RotateInterval": ?0\b/);
  });
});

describeGolden('kms report on a store with leftovers', () => {
  it('names doctor for them, and advises no policy', async () => {
    const url = await adopt(goldenCopy('crash.sqlite'));
    const { document } = await runJson(Report, url, [], AFTER_CRASH);
    const { keys } = document as { keys: { uid: string; shortcomings: { name: string }[] }[] };
    const named = (name: string) =>
      keys.filter(({ shortcomings }) => shortcomings.some((one) => one.name === name));
    for (const uid of [AES_1, AES_2, KEK_1, KEK_2, RSA_1, CERT_1, 'keyset@1']) {
      assert.ok(
        named('unfinished').some((key) => key.uid === uid),
        uid,
      );
      assert.ok(!named('no-policy').some((key) => key.uid === uid), uid);
    }
  });

  it('lists the errors that doctor finds, on each form of the report, and answers by them', async () => {
    const url = await adopt(goldenCopy('crash.sqlite'));
    const { findings } = await doctor(url);
    const errors = findings.filter(({ severity }) => severity === 'error');
    const { document } = await runJson(Report, url, [], AFTER_CRASH);
    assert.deepEqual(schemaErrors('report', document), []);
    const told = (document as { findings: { code: string; uids: string[] }[] }).findings;
    assert.deepEqual(
      told.map(({ code, uids }) => [code, ...uids]),
      errors.map(({ code, uids }) => [code, ...uids]),
    );
    assert.ok(told.length > 0);
    const { stdout } = await runCommand(Report, url, [], AFTER_CRASH);
    const { stdout: page } = await runCommand(Report, url, ['--format', 'html'], AFTER_CRASH);
    for (const { code, message } of errors) {
      assert.ok(stdout.includes(`${code}: ${message}`), message);
      assert.ok(page.includes(escapeHtml(message)), message);
    }
    const check = (filters: string[]) =>
      runCommand(Report, url, ['--check', ...filters], AFTER_CRASH);
    assert.equal((await check([])).exitCode, 1);
    const filtered = await runJson(Report, url, ['--tag', 'nobody-has-it'], AFTER_CRASH);
    assert.deepEqual((filtered.document as { findings: unknown[] }).findings, []);
    assert.equal((await check(['--tag', 'nobody-has-it'])).exitCode, 0);
  });
});

describeGolden('kms init on a store with objects', () => {
  it('ends with what doctor finds, exits with 0 all the same, and repairs nothing', async () => {
    const url = goldenCopy('crash.sqlite');
    const before = await rowsOf(url);
    const { exitCode, stdout } = await runCommand(Init, url, ['--yes'], AFTER_CRASH);
    assert.equal(exitCode, 0);
    assert.match(stdout, /kms doctor finds 5 errors and \d+ notes?/);
    assert.deepEqual(await rowsOf(url), before);
    const sound = await runCommand(Init, goldenCopy('kek.sqlite'), ['--yes'], AFTER_CRASH);
    assert.doesNotMatch(sound.stdout, /doctor/);
  });
});

describeGolden('doctor beside a server', () => {
  const store = async () => adopt(goldenCopy('crash.sqlite'));

  it('leaves a rotation alone that may be in progress, by the age of its youngest leftover', async () => {
    const url = await store();
    const { exitCode, findings } = await doctor(
      url,
      ['--fix', '--yes'],
      AFTER_CRASH - 2 * 86_400 - 5400,
    );
    assert.equal(exitCode, 0);
    assert.ok(findings.length > 0);
    assert.deepEqual(
      [...new Set(findings.map(({ severity, outcome }) => `${severity} ${outcome}`))],
      ['note told'],
    );
  });

  it('refuses a shorter --min-age than a server may take, unless it is stopped', async () => {
    const refused = await doctor(await store(), ['--min-age', '5m']);
    assert.equal(refused.exitCode, 2);
    assert.equal(
      (await doctor(await store(), ['--min-age', '5m', '--server-stopped'])).exitCode,
      4,
    );
  });

  it('does not take back a leftover whose uid only the bytes of an object name', async () => {
    const url = await store();
    await sql(url, `UPDATE objects SET wrapping_key_id = NULL WHERE id = 'kek-dep'`);
    const { findings } = await fix(url, ['--keep', KEK_1, '--only', 'unfinished-rotation']);
    const told = findings.find(({ uids }) => uids[0] === 'kek');
    assert.equal(told?.outcome, 'told');
    assert.match(told.why, /"kek-dep" name one of them.*repair that first/);
  });

  const certificateLinks = async (url: string) =>
    [...(await readStore(url)).objects.values()]
      .filter(({ objectType }) => objectType !== 'Certificate')
      .flatMap(({ column }) => linksOf(column, 'CertificateLink'));

  it('links the keys of a certificate to the one that --keep names', async () => {
    const url = await store();
    assert.deepEqual(await certificateLinks(url), ['cert', 'cert']);
    assert.equal((await fix(url, ['--keep', CERT_1])).exitCode, 0);
    assert.deepEqual(await certificateLinks(url), [CERT_1, CERT_1]);
  });

  it('leaves a pair to people whose certificate it does not name', async () => {
    const url = await store();
    await addTag(url, RSA_1, 'used');
    const certificate = await rowOf(url, 'cert');
    const attributes = certificate.attributes.replace(
      /("LinkType":"PublicKeyLink","LinkedObjectIdentifier":)"[^"]*"/,
      '$1"rsa_pk"',
    );
    assert.notEqual(attributes, certificate.attributes);
    await insertRows(url, [{ ...certificate, id: 'of-rsa', attributes, wrappingKeyId: null }], []);
    const { findings } = await fix(url);
    const told = findings.find(({ uids }) => uids[0] === 'rsa');
    assert.equal(told?.outcome, 'told');
    assert.match(told.why, /"of-rsa" goes with "rsa"/);
  });

  for (const commits of [0, 1, 2, 3, 4]) {
    it(`goes on where it was killed after ${commits} of its repairs`, async function () {
      if (commits % 2 === 1) needThoroughRun(this);
      const url = await store();
      await addTag(url, KEK_1, 'used');
      const before = await readStore(url);
      await sql(
        url,
        `CREATE TRIGGER crash BEFORE INSERT ON kms_rotation_log
          WHEN (SELECT count(DISTINCT uid) FROM kms_rotation_log WHERE uid <> '') >= ${commits}
          BEGIN SELECT RAISE(ABORT, 'killed'); END`,
      );
      await fix(url);
      await sql(url, 'DROP TRIGGER crash');
      assert.equal((await fix(url)).exitCode, 0);
      await assertSettled(url);
      const after = await readStore(url);
      assert.deepEqual(bytesOf(after, 'kek-dep'), bytesOf(before, 'kek-dep'));
      assert.equal((await rowOf(url, KEK_1)).state, 'Active');
    });
  }

  it('takes no choice for a part of the objects', async () => {
    const { exitCode } = await doctor(await store(), ['--owner', 'bob', '--keep', 'aes']);
    assert.equal(exitCode, 2);
  });

  it('does not repair without --yes where nobody can be asked', async () => {
    assert.equal((await doctor(await store(), ['--fix', '--keep', 'aes'])).exitCode, 2);
  });

  for (const [title, change, why] of [
    [
      'several are in use',
      async (url: string) => {
        await addTag(url, AES_1, 'one');
        await addTag(url, AES_2, 'two');
      },
      /are in use/,
    ],
    [
      'the one in use is none that a rotation would have made',
      async (url: string) => {
        await addTag(url, AES_1, 'one');
        await changeRow(url, AES_1, { owner: 'mallory' });
      },
      /owner differs/,
    ],
    [
      'its Usage Limits were raised',
      async (url: string) => {
        const limits = (total: number) => ({
          UsageLimits: { UsageLimitsUnit: 'Object', UsageLimitsTotal: total },
        });
        await setAttributes(url, 'aes', limits(10));
        await setAttributes(url, AES_1, limits(20));
      },
      /Usage Limits/,
    ],
  ] as const) {
    it(`only tells where ${title}, and --keep decides`, async () => {
      const url = await store();
      await change(url);
      const { findings, exitCode } = await fix(url, ['--only', 'unfinished-rotation']);
      const told = findings.find(({ uids }) => uids[0] === 'aes');
      assert.equal(told?.outcome, 'told');
      assert.match(told.why, why);
      assert.equal(exitCode, 4);
      const kept = await fix(url, ['--keep', AES_1]);
      assert.equal(kept.exitCode, 0);
      assert.equal((await rowOf(url, 'aes')).state, 'Deactivated');
      assert.equal((await rowOf(url, AES_1)).state, 'Active');
    });
  }

  for (const [name, errors] of [
    ['store', []],
    ['kek', []],
    ['store-rotated', ['kek-dep-bob', 'kek-nested-dep']],
  ] as const) {
    it(`finds no more in the golden store ${name} than ${errors.length} stale dependants`, async () => {
      const { findings } = await doctor(await adopt(goldenCopy(`${name}.sqlite`)));
      assert.deepEqual(
        findings.map(({ uids }) => uids[0]),
        errors,
      );
    });
  }
});
