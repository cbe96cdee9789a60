// `kms warnings`: the document, the check, and what is said to people.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Warnings from '../../src/commands/warnings.js';
import { aCertificate } from '../support/dated-certificates.js';
import { runCommand, runJson } from '../support/command.js';
import { schemaErrors } from '../support/schema.js';
import { insertRows, newStorePath, sql, storeWith } from '../support/sqlite.js';
import { startReceiver } from '../support/receiver.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const NEAR = JANUARY + 85 * DAY;

interface Document {
  readonly warnings: readonly Record<string, unknown>[];
  readonly count: number;
  readonly due: number;
}

const aKey = (uid: string, days: number) => aSymmetricKey({ uid, intervalSeconds: days * DAY });

describe('kms warnings', () => {
  it('prints a document that its schema knows, by deadline', async () => {
    const store = await storeWith([
      aKey('second', 92),
      aKey('first', 90),
      aKey('past', 80),
      aKey('far', 400),
      aCertificate({ notAfter: NEAR - 1 }),
    ]);
    const { exitCode, document } = await runJson(Warnings, store, [], NEAR);
    assert.equal(exitCode, 0);
    assert.deepEqual(schemaErrors('warnings', document), []);
    const { warnings, count, due } = document as Document;
    assert.deepEqual(
      warnings.map(({ uid, kind, daysLeft, thresholdDays }) => [
        uid,
        kind,
        daysLeft,
        thresholdDays,
      ]),
      [
        ['cert-1', 'expiry', 0, 1],
        ['first', 'rotation', 5, 7],
        ['second', 'rotation', 7, 7],
      ],
    );
    assert.deepEqual([count, due], [3, 1]);
  });

  it('says what is near in words, and of what is past that it is due', async () => {
    const store = await storeWith([aKey('first', 90), aKey('past', 80)]);
    const { stdout } = await runCommand(Warnings, store, [], NEAR);
    assert.match(stdout, /^first +rotation in 5 d/m);
    assert.match(stdout, /^1 key is due already: kms due list$/m);
    assert.ok(!stdout.includes('past'));
  });

  it('counts in a metrics file what falls due in each week ahead, and nothing in a dry run', async () => {
    const store = await storeWith([aKey('first', 90), aKey('past', 80), aKey('far', 400)]);
    const file = join(temporaryFolder(), 'kms.prom');
    const weeks = (kind: string) =>
      Array.from(readFileSync(file, 'utf8').matchAll(/^kms_deadlines_ahead\{.*\} (\d+)$/gm))
        .filter(([line]) => line.includes(`kind="${kind}"`))
        .map(([, count]) => Number(count));
    await runCommand(Warnings, store, ['--metrics-file', file, '--dry-run'], NEAR);
    assert.ok(!existsSync(file));
    await runCommand(Warnings, store, ['--metrics-file', file], NEAR);
    // It is a Sunday.
    const [overdue, ...next] = weeks('rotation');
    assert.deepEqual([overdue, next[0], next.length], [1, 1, 11]);
    assert.deepEqual(new Set(weeks('expiry')), new Set([0]));
  });

  it('looks as far as it is told, and applies its filters', async () => {
    const store = await storeWith([aKey('near', 90), aKey('far', 150)]);
    insertRows(store, [aSymmetricKey({ uid: 'bobs', owner: 'bob', intervalSeconds: 90 * DAY })]);
    const uids = async (...argv: string[]) => {
      const { document } = await runJson(Warnings, store, argv, NEAR);
      return (document as Document).warnings.map(({ uid }) => uid);
    };
    assert.deepEqual(await uids('--within', '90d'), ['bobs', 'near', 'far']);
    assert.deepEqual(await uids('--within', '4d'), []);
    assert.deepEqual(await uids('--owner', 'bob'), ['bobs']);
    assert.deepEqual(await uids('--type', 'Certificate'), []);
    assert.deepEqual(await uids('--tag', 'nobody’s'), []);
  });

  it('answers --check by exit code alone', async () => {
    const store = await newStorePath();
    const check = (now: number, ...argv: string[]) =>
      runCommand(Warnings, store, ['--check', ...argv], now);
    assert.deepEqual(await check(NEAR), { exitCode: 1, stdout: '', stderr: '' });
    insertRows(store, [aKey('near', 90)]);
    assert.deepEqual(await check(NEAR), { exitCode: 0, stdout: '', stderr: '' });
    assert.deepEqual(await check(NEAR, '--within', 'x'), { exitCode: 255, stdout: '', stderr: '' });
    assert.equal((await check(JANUARY)).exitCode, 1);
  });

  it('prints nothing where there is nothing to say', async () => {
    const store = await newStorePath();
    assert.deepEqual(await runCommand(Warnings, store, []), {
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('says kms init on a store that an earlier version prepared, if there is somebody to be told', async () => {
    const store = await newStorePath();
    for (const table of ['outbox', 'warnings']) sql(store, `DROP TABLE kms_rotation_${table}`);
    insertRows(store, [aKey('near', 90)]);
    const receiver = await startReceiver();
    process.env['KMS_NOTIFY_WEBHOOKS'] = `[{ url = "${receiver.url}" }]`;
    try {
      const { exitCode, stderr } = await runCommand(Warnings, store, [], NEAR);
      assert.equal(exitCode, 3);
      assert.match(stderr, /outbox of notifications is missing\nhint: kms init/);
    } finally {
      delete process.env['KMS_NOTIFY_WEBHOOKS'];
      await receiver.close();
    }
    assert.equal((await runCommand(Warnings, store, ['--dry-run'], NEAR)).exitCode, 0);
  });
});
