// What cron relies on: nothing is printed when nothing is due, --check prints nothing at all and answers
// 0, 1 or 255, and --json always prints its document (design §4, §5).
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runOn } from '../support/binary.js';
import { rotateOf, valid } from '../support/documents.js';
import { insertRows, newStorePath, rowsOf } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const SILENT = { signal: null, stdout: '', stderr: '' };

async function storeWith(members: Record<string, unknown> | null): Promise<string> {
  const store = await newStorePath();
  if (members !== null) insertRows(store, [aSymmetricKey({}, members)]);
  return store;
}

describe('a run without anything to do', () => {
  for (const [what, members] of [
    ['an empty store', null],
    ['a store whose only key is not armed', { RotateInterval: 0 }],
  ] as const) {
    for (const argv of [
      ['rotate', 'due'],
      ['rotate', 'due', '--dry-run'],
      ['due', 'list'],
    ]) {
      it(`prints nothing on either stream: ${argv.join(' ')}, ${what}`, async () => {
        const store = await storeWith(members);
        assert.deepEqual(await runOn(store, argv), { ...SILENT, code: 0 });
      });
    }
  }

  it('prints nothing for a listing of an empty store', async () => {
    assert.deepEqual(await runOn(await storeWith(null), ['key', 'list']), { ...SILENT, code: 0 });
  });

  it('prints its document under --json all the same', async () => {
    const store = await storeWith(null);
    const run = await runOn(store, ['rotate', 'due', '--json']);
    assert.equal(rotateOf(run.stdout).summary['due'], 0);
    const list = await runOn(store, ['due', 'list', '--json']);
    assert.equal(valid('due-list', list.stdout).count, 0);
    assert.deepEqual([run.code, run.stderr, list.code, list.stderr], [0, '', 0, '']);
  });

  it('prints nothing but errors under --quiet', async () => {
    const store = await storeWith({});
    assert.deepEqual(await runOn(store, ['rotate', 'due', '--quiet']), { ...SILENT, code: 0 });
    assert.equal(rowsOf(store).length, 2);
  });

  it('says under --quiet which key failed and why, where no document or log does', async () => {
    const store = await storeWith({ RotateInterval: 'often' });
    const quiet = await runOn(store, ['rotate', 'due', '--quiet']);
    assert.deepEqual([quiet.code, quiet.stdout], [4, '']);
    assert.match(quiet.stderr, /^key-1: Undecidable: .*RotateInterval/);
    const json = await runOn(store, ['rotate', 'due', '--quiet', '--json']);
    assert.deepEqual([json.code, json.stderr], [4, '']);
    assert.equal(rotateOf(json.stdout).summary['failed'], 1);
    const log = await runOn(store, ['rotate', 'due', '--quiet', '--log-format', 'json']);
    assert.deepEqual([log.code, log.stdout], [4, '']);
    assert.equal(log.stderr.split('\n').filter((line) => line.includes('Undecidable')).length, 1);
  });
});

describe('due list --check', () => {
  const check = ['due', 'list', '--check'];

  it('exits with 0 if a key is due', async () => {
    assert.deepEqual(await runOn(await storeWith({}), check), { ...SILENT, code: 0 });
  });

  it('exits with 0 if a run would have a failure to report', async () => {
    const store = await storeWith({ RotateInterval: 'often' });
    assert.deepEqual(await runOn(store, check), { ...SILENT, code: 0 });
    assert.equal((await runOn(store, ['rotate', 'due', '--quiet'])).code, 4);
  });

  it('exits with 1 if nothing is due', async () => {
    assert.deepEqual(await runOn(await storeWith(null), check), { ...SILENT, code: 1 });
  });

  it('exits with 1 if a filter leaves nothing that is due', async () => {
    const store = await storeWith({});
    for (const filter of [
      ['--owner', 'nobody'],
      ['--tag', 'none'],
      ['--type', 'PrivateKey'],
    ]) {
      assert.deepEqual(await runOn(store, [...check, ...filter]), { ...SILENT, code: 1 });
    }
  });

  it('exits with 1 after a run has rotated what was due', async () => {
    const store = await storeWith({});
    assert.equal((await runOn(store, ['rotate', 'due'])).code, 0);
    assert.deepEqual(await runOn(store, check), { ...SILENT, code: 1 });
  });

  it('exits with 255 on every error, of flags, configuration and database', async () => {
    const store = await storeWith(null);
    const absent = join(temporaryFolder(), 'absent.db');
    const config = { env: { KMS_ROTATION_FIRST_DEADLINE: 'never' } };
    for (const ended of [
      await runOn(absent, check),
      await runOn('oracle://x', check),
      await runOn(store, [...check, '--bogus']),
      await runOn(store, [...check, '--type', 'Nothing']),
      await runOn(store, ['due', 'list', 'everything', '--check']),
      await runOn(store, [...check, '--json']),
      await runOn(store, check, config),
    ]) {
      assert.deepEqual(ended, { ...SILENT, code: 255 });
    }
  });
});
