// Standard error as a log: each line is an event, errors and notes too, wherever they come from; and without
// --log-format all is as it was.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runOn } from '../support/binary.js';
import { errorOf } from '../support/documents.js';
import { textOf } from '../support/examples.js';
import { insertRows, newStorePath, storeWith } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { valuesOf } from '../support/values-of.js';

const JSON_LOG = ['--log-format', 'json'];
const INFO = ['--log-level', 'info'];

type Line = Readonly<Record<string, unknown>>;

function linesOf(stderr: string): readonly Line[] {
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

async function storeOf(...uids: readonly string[]): Promise<string> {
  const store = await storeWith(uids.map((uid) => aSymmetricKey({ uid })));
  insertRows(store, [aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' })]);
  return store;
}

describe('--log-format json', () => {
  it('tells of the run and of each key, with run id, uid, outcome and duration', async () => {
    const store = await storeOf('a', 'b');
    const { stderr, stdout } = await runOn(store, [
      'rotate',
      'due',
      '--json',
      ...JSON_LOG,
      ...INFO,
    ]);
    const lines = linesOf(stderr);
    const events = lines.map(({ event }) => event).filter((event) => event !== 'progress');
    assert.deepEqual(events, [
      ...['run-started', 'key-failed', 'key-rotated', 'key-rotated', 'run-finished'],
    ]);
    const { runId } = JSON.parse(stdout) as { runId: string };
    for (const line of lines) {
      assert.equal(line['runId'], runId);
      assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
    for (const line of lines.filter(({ event }) => String(event).startsWith('key-'))) {
      assert.ok(['a', 'b', 'odd'].includes(String(line['uid'])));
      assert.ok(Number.isInteger(line['durationMs']), JSON.stringify(line));
    }
    const finished = lines.at(-1);
    assert.deepEqual(
      [finished?.['exitCode'], finished?.['rotated'], finished?.['failed']],
      [4, 2, 1],
    );
  });

  it('has no member that kms-telemetry(7) does not name', async () => {
    const named = [...textOf('man/kms-telemetry.7').matchAll(/(?<=^\.(?:It )?Li .*)[\w-]+/gm)].map(
      String,
    );
    const { stderr } = await runOn(await storeOf('a'), ['rotate', 'due', ...JSON_LOG, ...INFO]);
    for (const line of linesOf(stderr)) {
      for (const name of [...Object.keys(line), String(line['event'])]) {
        assert.ok(named.includes(name), name);
      }
    }
  });

  it('writes failures alone where nobody asked for more, and nothing where nothing is due', async () => {
    const { stderr } = await runOn(await storeOf('a'), ['rotate', 'due', ...JSON_LOG]);
    assert.deepEqual(valuesOf(linesOf(stderr), 'level', 'event'), [
      ['error', 'key-failed'],
      ['error', 'run-finished'],
    ]);
    const empty = await newStorePath();
    const silent = await runOn(empty, ['rotate', 'due', ...JSON_LOG]);
    assert.deepEqual([silent.code, silent.stdout, silent.stderr], [0, '', '']);
  });

  it('makes a line of an error, beside the document of --json too', async () => {
    const absent = join(temporaryFolder(), 'absent.db');
    for (const json of [[], ['--json']]) {
      const ended = await runOn(absent, ['rotate', 'due', ...JSON_LOG, ...json]);
      assert.equal(ended.code, 3);
      const [error] = linesOf(ended.stderr);
      assert.deepEqual(
        [error?.['level'], error?.['event'], error?.['reason'], error?.['exitCode']],
        ['error', 'error', 'StoreNotFound', 3],
      );
      if (json.length > 0) assert.equal(errorOf(ended.stdout).reason, 'StoreNotFound');
    }
  });

  it('makes a line of what is wrong with flags and configuration, before either is known', async () => {
    const store = await newStorePath();
    const byVariable = { env: { KMS_LOG_FORMAT: 'json' } };
    for (const ended of [
      await runOn(store, ['rotate', 'due', '--bogus', ...JSON_LOG]),
      await runOn(store, ['rotate', 'due', '--bogus'], byVariable),
      await runOn(store, ['due', 'list', '--log-format=json', '--config', '/nonexistent.toml']),
    ]) {
      assert.equal(ended.code, 2);
      assert.equal(linesOf(ended.stderr)[0]?.['event'], 'error', ended.stderr);
    }
  });

  it('makes a line of a note', async () => {
    const env = { KMS_BOGUS: 'x' };
    const { stderr } = await runOn(await newStorePath(), ['due', 'list', ...JSON_LOG, ...INFO], {
      env,
    });
    const [note] = linesOf(stderr);
    assert.equal(note?.['event'], 'note');
    assert.match(String(note['message']), /KMS_BOGUS/);
  });

  it('is silent under --check, and but for errors under --quiet', async () => {
    const store = await storeOf('a');
    const check = await runOn(store, ['due', 'list', '--check', ...JSON_LOG]);
    assert.deepEqual([check.code, check.stderr], [0, '']);
    const quiet = await runOn(store, ['rotate', 'due', '--quiet', ...JSON_LOG, ...INFO]);
    assert.deepEqual([...new Set(linesOf(quiet.stderr).map(({ level }) => level))], ['error']);
  });

  it('refuses a form that there is not', async () => {
    const { code } = await runOn(await newStorePath(), ['due', 'list', '--log-format', 'xml']);
    assert.equal(code, 2);
  });
});

describe('--log-format text', () => {
  it('is one readable line an event', async () => {
    const { stderr } = await runOn(await storeOf('two words'), [
      ...['rotate', 'due', '--log-format', 'text', ...INFO],
    ]);
    const lines = stderr.trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^\S+Z (error|warn |info ) .+ runId=\S+$/);
    assert.ok(
      lines.some((line) => line.includes('rotated "two words" uid="two words" outcome=rotated')),
    );
  });
});

describe('without --log-format', () => {
  it('nothing is said of keys on standard error, whatever the level', async () => {
    const { stderr } = await runOn(await storeOf('a'), ['rotate', 'due', ...INFO]);
    assert.equal(stderr, 'rotating 2 of 2\n');
  });
});
