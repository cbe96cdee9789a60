// `kms rotate due`: its document and its words; what it does to the store is proven with run.ts. A dry run
// writes nothing, and needs no table of ours.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import RotateDue from '../../../src/commands/rotate/due.js';
import { runCommand, runJson } from '../../support/command.js';
import { rotateOf } from '../../support/documents.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { startReceiver } from '../../support/receiver.js';
import { insertRows, newStorePath, rowsOf, sql } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { valuesOf } from '../../support/values-of.js';

const NOW = JANUARY + 31 * DAY;

describe('kms rotate due', () => {
  let store: string;
  beforeEach(async () => {
    store = await newStorePath();
    insertRows(store, [
      aSymmetricKey({ uid: 'plain', owner: 'bob' }),
      aSymmetricKey({ uid: 'set', keyset: true, offsetSeconds: DAY }),
      aSymmetricKey({ uid: 'later', intervalSeconds: 60 * DAY }),
    ]);
    sql(store, `INSERT INTO tags VALUES ('plain', 'env:prod')`);
  });

  it('reports each rotation with replacement, generation and next deadline', async () => {
    const { exitCode, document } = await runJson(RotateDue, store, [], NOW);
    assert.equal(exitCode, 0);
    const { results, summary, dryRun } = rotateOf(document);
    assert.equal(dryRun, false);
    assert.deepEqual(summary, {
      due: 2,
      rotated: 2,
      wouldRotate: 0,
      failed: 0,
      skipped: 0,
      notAttempted: 0,
      mended: 0,
      retired: 0,
    });
    assert.deepEqual(results[0], {
      uid: 'set',
      outcome: 'rotated',
      flow: 'plain',
      replacementUid: 'set@1',
      publicKeyUid: null,
      publicKeyReplacementUid: null,
      generation: 1,
      dependantsRewrapped: 0,
      nextDeadline: '2026-03-12T08:00:00Z',
      skippedBecause: null,
      error: null,
    });
    const replacements = results.map(({ replacementUid }) => replacementUid);
    const stored = new Set(rowsOf(store).map(({ id }) => id));
    assert.ok(replacements.every((uid) => uid !== null && stored.has(uid)));
  });

  it('prints a line for each key, then the totals', async () => {
    const { exitCode, stdout, stderr } = await runCommand(RotateDue, store, [], NOW);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.match(stdout, /^UID +OUTCOME +REPLACEMENT +NEXT DEADLINE +FLOW$/m);
    assert.match(stdout, /^set +rotated +set@1 +2026-03-12T08:00:00Z +plain$/m);
    assert.match(stdout, /^2 rotated\n$/m);
  });

  it('rotates only what the filters leave', async () => {
    const argv = ['--tag', 'env:prod', '--owner', 'bob', '--type', 'SymmetricKey'];
    const { document } = await runJson(RotateDue, store, argv, NOW);
    assert.deepEqual(valuesOf(rotateOf(document).results, 'uid'), ['plain']);
    assert.equal(rowsOf(store).length, 4);
  });

  it('--dry-run reports what it would do, and leaves every byte of the store as it was', async () => {
    sql(store, 'PRAGMA wal_checkpoint(TRUNCATE)');
    const bytes = readFileSync(store);
    const { exitCode, document } = await runJson(RotateDue, store, ['--dry-run'], NOW);
    assert.equal(exitCode, 0);
    const { dryRun, summary, results } = rotateOf(document);
    assert.equal(dryRun, true);
    assert.deepEqual([summary['wouldRotate'], summary['rotated']], [2, 0]);
    assert.deepEqual(valuesOf(results, 'uid', 'outcome', 'replacementUid'), [
      ['set', 'would-rotate', 'set@1'],
      ['plain', 'would-rotate', null],
    ]);
    assert.deepEqual(readFileSync(store), bytes);
  });

  it('--dry-run says in words that nothing was written', async () => {
    const { stdout } = await runCommand(RotateDue, store, ['--dry-run'], NOW);
    assert.match(stdout, /2 would be rotated \(dry run: nothing was written\)/);
  });

  it('--dry-run exits with 4 if a failure is foreseen, and 0 if only --max-keys leaves some', async () => {
    const limited = await runJson(RotateDue, store, ['--dry-run', '--max-keys', '1'], NOW);
    assert.equal(limited.exitCode, 0);
    assert.equal(rotateOf(limited.document).summary['notAttempted'], 1);
    insertRows(store, [aSymmetricKey({ uid: 'bad' }, { RotateInterval: 'often' })]);
    assert.equal((await runJson(RotateDue, store, ['--dry-run'], NOW)).exitCode, 4);
  });
});

describeGolden('kms rotate due --dry-run on the store of a server', () => {
  it('works without our tables, foresees failures, and leaves every byte as it was', async () => {
    const store = goldenCopy('store.sqlite');
    // A pair of SLH-DSA takes seconds to make, and these are two among many here.
    sql(store, `DELETE FROM objects WHERE attributes LIKE '%SLHDSA%'`);
    const bytes = readFileSync(store);
    const now = JANUARY + 41 * DAY;
    const { exitCode, document } = await runJson(RotateDue, store, ['--dry-run'], now);
    assert.equal(exitCode, 4);
    const { summary } = rotateOf(document);
    assert.equal(summary['due'], 59);
    assert.equal((summary['wouldRotate'] ?? 0) + (summary['failed'] ?? 0), 59);
    assert.deepEqual(readFileSync(store), bytes);
  });
});

describe('the heartbeat of a run', () => {
  const VARIABLE = 'KMS_NOTIFY_HEARTBEAT_URL';
  afterEach(() => {
    Reflect.deleteProperty(process.env, VARIABLE);
  });
  const GOOD = aSymmetricKey({ uid: 'good' });
  const BAD = aSymmetricKey({ uid: 'bad' }, { RotateInterval: 'often' });
  const storeOf = async (...rows: readonly ReturnType<typeof aSymmetricKey>[]) => {
    const path = await newStorePath();
    insertRows(path, rows);
    return path;
  };

  /** The paths that a run calls, with the exit code of the run. */
  async function runCalling(
    path: string,
    argv: readonly string[] = [],
    answer?: Parameters<typeof startReceiver>[0],
  ) {
    const service = await startReceiver(answer);
    process.env[VARIABLE] = `${service.url}secret`;
    const { exitCode, stderr } = await runCommand(RotateDue, path, argv, NOW);
    await service.close();
    const paths = service.received.map((one) => one.path.replace(/[?].*/, ''));
    assert.ok(!stderr.includes('secret'), stderr);
    return { exitCode, stderr, paths };
  }

  for (const [what, rows, expected] of [
    ['has nothing to do', [], ['/secret/start', '/secret']],
    ['rotates', [GOOD], ['/secret/start', '/secret']],
    ['fails', [GOOD, BAD], ['/secret/start', '/secret/4']],
  ] as const) {
    it(`is called at the start and at the end of one that ${what}`, async () => {
      const { paths, stderr } = await runCalling(await storeOf(...rows));
      assert.deepEqual(paths, expected);
      assert.ok(!stderr.includes('heartbeat'));
    });
  }

  it('is called with the exit code of a run that cannot open the store, and not by a dry run', async () => {
    const { exitCode, paths } = await runCalling('/none/kms.db');
    assert.deepEqual([exitCode, paths], [3, ['/secret/start', '/secret/3']]);
    assert.deepEqual((await runCalling(await storeOf(GOOD), ['--dry-run'])).paths, []);
  });

  it('changes nothing but the exit code when it refuses, and has one note', async () => {
    const store = await storeOf(GOOD);
    const { exitCode, stderr, paths } = await runCalling(store, [], () => ({ status: 404 }));
    assert.deepEqual([exitCode, paths], [6, ['/secret/start', '/secret/6']]);
    assert.deepEqual(stderr.match(/.*heartbeat.*/g), ['note: heartbeat: HTTP 404']);
    assert.equal(rowsOf(store).length, 2);
  });

  it('leaves a more serious exit code as it is when it cannot be reached', async () => {
    process.env[VARIABLE] = 'http://127.0.0.1:1/secret';
    const store = await storeOf(GOOD, BAD);
    const { exitCode, stderr } = await runCommand(RotateDue, store, [], NOW);
    assert.equal(exitCode, 4);
    assert.match(stderr, /heartbeat: it cannot be reached \(ECONNREFUSED\)/);
    assert.equal(rowsOf(store).length, 3);
  });
});
