import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AuditVerify from '../../../src/commands/audit/verify.js';
import { headText } from '../../../src/report/audit/head-text.js';
import { sealedLine, type SealedRow } from '../../../src/store/own/chain/sealed-row.js';
import { aChainedLog, TEST_KEY, writeLog } from '../../support/chains.js';
import { runBare, runCommand, runJson } from '../../support/command.js';
import { schemaErrors } from '../../support/schema.js';
import { newStorePath, sql } from '../../support/sqlite.js';
import { temporaryFolder } from '../../support/temporary.js';

const LOG = aChainedLog([{ rows: 2 }, { rows: 1, isClosed: false }, { rows: 1 }]);
const folder = temporaryFolder();

async function storeWith(log: typeof LOG): Promise<string> {
  const store = await newStorePath();
  await writeLog(store, log);
  return store;
}

describe('kms audit verify', () => {
  it('exits 0 if the log is whole, and lists open chains', async () => {
    const store = await storeWith(LOG);
    const { exitCode, stdout } = await runCommand(AuditVerify, store, []);
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /^whole: 9 rows in 3 chains\nopen or interrupted: chain \S+ of run run-1, up to row 1 of/,
    );
    const { document } = await runJson(AuditVerify, store, []);
    assert.deepEqual(schemaErrors('audit-verify', document), []);
  });

  it('exits 1 if it was altered, and says where and since when', async () => {
    const store = await storeWith(LOG);
    sql(store, "UPDATE kms_rotation_log SET host = 'other' WHERE run_id = 'run-0' AND seq = 2");
    const { exitCode, stdout } = await runCommand(AuditVerify, store, []);
    assert.equal(exitCode, 1);
    assert.match(stdout, /^ALTERED in 1 place: /);
    assert.match(
      stdout,
      /\naltered: row 2 of chain \S+ \(rotated key-1, run run-0, \S+\): what it says is not what was sealed\n {2}last good row: 1 \(rotated key-0, run run-0/,
    );
    const { document } = await runJson(AuditVerify, store, []);
    assert.deepEqual(schemaErrors('audit-verify', document), []);
  });

  it('exits 255 for every error, as 1 is an answer', async () => {
    const store = await storeWith(aChainedLog([{ rows: 1, key: TEST_KEY }]));
    const noKey = await runCommand(AuditVerify, store, []);
    assert.equal(noKey.exitCode, 255);
    assert.match(
      noKey.stderr,
      /2 rows are sealed or signed by the key [0-9a-f]{32}, which was not given/,
    );
    const key = join(folder, 'key');
    writeFileSync(key, TEST_KEY);
    assert.equal((await runCommand(AuditVerify, store, ['--key-file', key])).exitCode, 0);
    for (const argv of [
      ['--key-file', join(folder, 'none')],
      ['--head', 'ab'],
      ['--since', 'x'],
      ['--none'],
    ]) {
      assert.equal((await runCommand(AuditVerify, store, argv)).exitCode, 255, argv.join(' '));
    }
    assert.equal((await runCommand(AuditVerify, join(folder, 'none.db'), [])).exitCode, 255);
  });

  it('says how many heads from elsewhere it has looked for', async () => {
    const store = await storeWith(LOG);
    const file = join(folder, 'heads');
    const rows = LOG.rows.slice(-2);
    for (const [text, said] of [
      ['', 'looked for 0 heads from elsewhere'],
      [rows.map((row) => `${headText(row)}\n`).join(''), 'looked for 2 heads from elsewhere'],
    ] as const) {
      writeFileSync(file, text);
      const { exitCode, stdout } = await runCommand(AuditVerify, store, ['--head-file', file]);
      assert.deepEqual([exitCode, stdout.trimEnd().split('\n').at(-1)], [0, said]);
    }
    const { document } = await runJson(AuditVerify, store, ['--head', String(rows[0]?.hash)]);
    assert.equal((document as { heads: unknown }).heads, 1);
  });

  it('says that nothing is sealed yet, and does not call that altered', async () => {
    const store = await storeWith(LOG);
    sql(store, 'UPDATE kms_rotation_log SET chain = NULL, seq = NULL, hash = NULL');
    const { exitCode, stderr } = await runCommand(AuditVerify, store, []);
    assert.equal(exitCode, 255);
    assert.match(stderr, /\d+ rows of the rotation log are not sealed yet/);
    assert.match(stderr, /kms init --yes/);
  });

  it('agrees with the recipe of its man page, which needs no kms', () => {
    const page = readFileSync('man/kms-audit-verify.1', 'utf8');
    const recipe = page.split('.Bd -literal\n').at(-1)?.split('.Ed\n')[0];
    assert.ok(recipe !== undefined && recipe.trimEnd().split('\n').length <= 40);
    const program = join(folder, 'check.mjs');
    writeFileSync(program, recipe.replaceAll('\\-', '-'));
    const file = join(folder, 'recipe.jsonl');
    const key = join(folder, 'recipe.key');
    writeFileSync(key, TEST_KEY);
    const run = (rows: readonly SealedRow[]) => {
      writeFileSync(file, rows.map((row) => `${sealedLine(row)}\n`).join(''));
      const { status, stdout } = spawnSync(process.execPath, [program, file, key], {
        encoding: 'utf8',
      });
      return [status, stdout.trimEnd().split('\n').at(-1)];
    };
    const keyed = aChainedLog([{ rows: 1 }, { rows: 2, key: TEST_KEY }]);
    assert.deepEqual(run([...LOG.rows]), [0, 'whole']);
    assert.deepEqual(run([...keyed.rows]), [0, 'whole']);
    const altered = keyed.rows.map((row, index) => (index === 4 ? { ...row, uid: 'other' } : row));
    assert.deepEqual(run(altered), [1, 'ALTERED']);
    assert.deepEqual(run(LOG.rows.filter((_, index) => index !== 1)), [1, 'ALTERED']);
    assert.deepEqual(run(LOG.rows.filter(({ runId }) => runId !== 'run-1')), [1, 'ALTERED']);
  });

  it('checks an export in place of the store', async () => {
    const file = join(folder, 'log.jsonl');
    const write = (rows: readonly SealedRow[], edit = (text: string) => text) => {
      writeFileSync(file, edit(rows.map((row) => `${sealedLine(row)}\n`).join('')));
    };
    const verify = async (argv: readonly string[] = []) =>
      (await runBare(AuditVerify, ['--file', file, ...argv])).exitCode;
    write(LOG.rows);
    assert.equal(await verify(), 0);
    assert.equal(await verify(['--head', String(LOG.rows[3]?.hash)]), 0);
    assert.equal(await verify(['--head', 'ab'.repeat(32)]), 1);
    write(LOG.rows.filter((_, index) => index !== 2));
    assert.equal(await verify(), 1);
    write(LOG.rows, (text) => text.replace('host-1', 'host-2'));
    assert.equal(await verify(), 1);
    write(LOG.rows, (text) => text.replace('{"at"', '{"added":1,"at"'));
    assert.equal(await verify(), 1);
    write(LOG.rows.slice(2));
    assert.match(
      (await runBare(AuditVerify, ['--file', file])).stdout,
      /\na part of the log: 1 chain began before it/,
    );
    writeFileSync(file, 'no export\n');
    assert.equal(await verify(), 255);
  });
});
