// Standard output or standard error that cannot be written: all work is done and told elsewhere, a cut result is never
// taken for a whole one (exit code 6, design §5), and what is lost of standard error changes nothing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_JS } from '../support/binary.js';
import { sql, storeWith } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const UNWRITABLE = /^error: standard output cannot be written \((ENOSPC|EFBIG)\)[^\n]*\n$/;
const UNWRITABLE_IN_LOG = /^\{.*"reason":"OutputUnwritable","exitCode":6.*\}\n$/;
const NOTHING = /^$/;

/** Runs a line of a shell in which `kms` is the program, on a store with a due key. */
async function shell(line: string) {
  const store = await storeWith([aSymmetricKey({ uid: 'invoices' })]);
  const folder = temporaryFolder();
  const script = `kms() { "${process.execPath}" "${RUN_JS}" "$@"; }\n${line}`;
  const env = { PATH: process.env['PATH'], HOME: folder, KMS_DATABASE_URL: store };
  const options = { cwd: folder, env, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', script], options);
  return { status, stderr, store, folder };
}

const isRotated = (store: string) =>
  sql(store, `SELECT * FROM kms_rotation_log WHERE outcome = 'rotated'`).length === 1;

describe('standard output that cannot be written', () => {
  before(function () {
    if (!existsSync('/dev/full')) this.skip();
  });

  for (const [line, status, stderr] of [
    ['kms --help > /dev/full', 6, UNWRITABLE],
    ['kms key list --help > /dev/full', 6, UNWRITABLE],
    ['kms key list > /dev/full', 6, UNWRITABLE],
    ['kms report --format csv > /dev/full', 6, UNWRITABLE],
    ['kms schedule cron >> /dev/full', 6, UNWRITABLE],
    ['kms key create new --json > /dev/full', 6, UNWRITABLE],
    ['kms key list --log-format json > /dev/full', 6, UNWRITABLE_IN_LOG],
    // The last write is cut, and nothing follows that could fail.
    ['(ulimit -f 4; kms config schema > cut)', 6, UNWRITABLE],
    ['kms key show nope --json > /dev/full', 4, /^error: there is no object "nope"/],
    ['kms nope --json > /dev/full', 2, /^error: there is no command "kms nope"/],
    ['kms key list | true', 0, NOTHING],
    ['kms config schema | head -1', 0, NOTHING],
  ] as const) {
    it(`ends with ${status}: ${line}`, async () => {
      const ended = await shell(line);
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stderr, stderr);
    });
  }

  it('keeps no run from its work, its hooks and its metrics, which have exit code 6', async () => {
    const settings = `[hooks]\\non_finished = ["/usr/bin/touch", "$PWD/told"]\\n`;
    const { status, stderr, store, folder } = await shell(
      `printf "${settings.replaceAll('"', '\\"')}" > kms.toml
       kms rotate due --json --metrics-file x.prom > /dev/full`,
    );
    assert.equal(status, 6);
    assert.match(stderr, UNWRITABLE);
    assert.ok(isRotated(store));
    assert.ok(statSync(join(folder, 'told')).isFile());
    assert.match(
      readFileSync(join(folder, 'x.prom'), 'utf8'),
      /^kms_rotation_last_run_exit_code.* 6$/m,
    );
  });
});

describe('standard error that cannot be written', () => {
  for (const [line, status] of [
    ['kms rotate due --log-format json --log-level info 2> /dev/full', 0],
    ['kms rotate due --log-level info 2> /dev/full', 0],
    ['kms rotate due --log-level info --log-format json 2> >(true)', 0],
    ['kms rotate due --metrics-file none/x.prom 2> /dev/full', 0],
    ['kms rotate key nope 2> /dev/full', 4],
    ['kms nope 2> /dev/full', 2],
  ] as const) {
    it(`changes nothing: ${line}`, async () => {
      const ended = await shell(line);
      assert.equal(ended.status, status);
      assert.equal(isRotated(ended.store), line.startsWith('kms rotate due'));
    });
  }
});
