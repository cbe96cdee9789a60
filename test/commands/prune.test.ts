// `kms prune`: when it asks, what it prints, and where it takes the age from. What it keeps: prune-history.test.ts.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AuditVerify from '../../src/commands/audit/verify.js';
import Prune from '../../src/commands/prune.js';
import { rowOfLine } from '../../src/report/audit/export-line.js';
import { runCommand, runJson } from '../support/command.js';
import { describeOnSqlite } from '../support/databases.js';
import { errorOf, valid } from '../support/documents.js';
import { logged } from '../support/log-entries.js';
import { sql } from '../support/sql.js';
import { openSuiteStore } from '../support/suite-store.js';
import { DAY, JANUARY } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';
import { logRowsOf } from '../support/written-chains.js';

const NOW = JANUARY + 1000 * DAY;

describeOnSqlite('kms prune', (database) => {
  const opened = openSuiteStore(database);
  /** Without those about the log itself. */
  const rows = async () =>
    (await sql(opened().url, `SELECT id FROM kms_rotation_log WHERE uid <> ''`)).length;
  const prune = async (...argv: string[]) => {
    const { exitCode, document } = await runJson(Prune, opened().url, argv, NOW);
    return { exitCode, document };
  };
  const removedBy = async (...argv: string[]) =>
    valid('prune', (await prune(...argv)).document).tables['log']?.removed;
  beforeEach(async () => {
    const ages = [500, 399, 200, 0];
    await opened().store.writeOwnRows(
      ages.map((days) => logged(NOW - days * DAY, { uid: `gone-${days}`, outcome: 'mended' })),
    );
  });

  it('removes what is older than 400 days, what kms.toml says, or what is asked for', async () => {
    const config = join(temporaryFolder(), 'kms.toml');
    writeFileSync(config, '[history]\nkeep = "300d"\n');
    assert.equal(await removedBy('--dry-run'), 1);
    assert.equal(await removedBy('--dry-run', '--config', config), 2);
    assert.equal(await removedBy('--dry-run', '--config', config, '--older-than', '100d'), 3);
    assert.equal(await rows(), 4);
    assert.equal(await removedBy('--yes'), 1);
    assert.equal(await rows(), 3);
    const { stdout } = await runCommand(Prune, opened().url, ['--older-than', '1d', '--yes'], NOW);
    assert.match(stdout, /^2 entries of the rotation log removed\n0 delivered messages removed\n/);
  });

  it('removes nothing if nobody can be asked, unless there is nothing to ask about', async () => {
    const refused = await prune();
    const { reason, message } = errorOf(refused.document);
    assert.deepEqual([refused.exitCode, reason, await rows()], [2, 'InvalidArgument', 4]);
    assert.match(message, /^1 row older than .* would be removed/);
    assert.equal(await removedBy('--older-than', '2y'), 0);
  });

  it('refuses an age below a day, as runs read what the last day left', async () => {
    const { exitCode, document } = await prune('--older-than', '23h', '--yes');
    assert.deepEqual([exitCode, errorOf(document).reason, await rows()], [2, 'InvalidArgument', 4]);
  });

  it('writes what goes to a new file first, and removes nothing that it could not write', async () => {
    const file = join(temporaryFolder(), 'pruned.jsonl');
    const age = ['--older-than', '300d', '--yes'];
    const unwritable = await prune(...age, '--export', join(temporaryFolder(), 'none', 'file'));
    assert.deepEqual([unwritable.exitCode, await rows()], [2, 4]);
    const gone = (await logRowsOf(opened().url)).filter(({ uid }) => /-(500|399)$/.test(uid));
    assert.equal(await removedBy(...age, '--export', file), 2);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const kept = lines.map(rowOfLine);
    assert.deepEqual(kept.slice(0, -1), gone);
    const about = (await logRowsOf(opened().url)).filter(({ outcome }) => outcome === 'pruned');
    assert.deepEqual(kept.slice(-1), about.slice(-1));
    const again = await prune(...age, '--export', file);
    assert.match(errorOf(again.document).message, /cannot be written \(EEXIST\)/);
  });

  it('writes a file that kms audit verify checks, and finds alterations in', async () => {
    const file = join(temporaryFolder(), 'pruned.jsonl');
    assert.equal(await removedBy('--older-than', '100d', '--yes', '--export', file), 3);
    const text = readFileSync(file, 'utf8');
    const verify = async (edited: string, ...argv: string[]) => {
      writeFileSync(file, edited);
      const { exitCode, stdout } = await runCommand(AuditVerify, opened().url, [
        ...['--file', file],
        ...argv,
      ]);
      return [exitCode, stdout.split('\n')[0]];
    };
    assert.deepEqual(await verify(text), [0, 'whole: 4 rows in 1 chain']);
    const lines = text.trimEnd().split('\n');
    for (const line of lines.slice(0, -1)) {
      const [code] = await verify(text.replace(`${line}\n`, ''));
      assert.equal(code, 1, line);
    }
    for (const [from, to] of [
      ['gone-399', 'gone-398'],
      ['"count":3', '"count":4'],
    ] as const) {
      const [code] = await verify(text.replace(from, to));
      assert.equal(code, 1, from);
    }
    // A prune that was stopped.
    assert.equal((await verify(`${text}${String(lines[0])}\n`))[0], 0);
    assert.equal((await verify(text, '--head', 'ab'.repeat(32)))[0], 255);
  });
});
