import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AuditExport from '../../../src/commands/audit/export.js';
import AuditHeads from '../../../src/commands/audit/heads.js';
import AuditVerify from '../../../src/commands/audit/verify.js';
import { sealedLine } from '../../../src/store/own/chain/sealed-row.js';
import { aChainedLog, writeLog } from '../../support/chains.js';
import { runBare, runCommand, runJson } from '../../support/command.js';
import { schemaErrors } from '../../support/schema.js';
import { newStorePath } from '../../support/sqlite.js';
import { temporaryFolder } from '../../support/temporary.js';

const LOG = aChainedLog([{ rows: 2 }, { rows: 1, isClosed: false }, { rows: 1 }]);
const folder = temporaryFolder();

describe('kms audit export', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    await writeLog(store, LOG);
  });

  it('prints the sealed form, which kms audit verify finds whole', async () => {
    const file = join(folder, 'log.jsonl');
    const { stdout } = await runCommand(AuditExport, store, []);
    assert.deepEqual(stdout.split('\n').filter(Boolean).sort(), LOG.rows.map(sealedLine).sort());
    writeFileSync(file, stdout);
    assert.equal((await runBare(AuditVerify, ['--file', file])).exitCode, 0);
  });

  it('prints with a cursor each row once, whenever its transaction was committed', async () => {
    const other = await newStorePath();
    const cursor = join(folder, 'cursor');
    const exported = async () => {
      const { stdout } = await runCommand(AuditExport, other, ['--cursor', cursor]);
      return stdout.split('\n').filter(Boolean);
    };
    // The last rows of every chain are written before the first of the second.
    const late = LOG.rows.filter(
      ({ runId, seq }) => runId === 'run-1' || (runId === 'run-2' && seq > 1),
    );
    const early = LOG.rows.filter((row) => !late.includes(row));
    await writeLog(other, { rows: early, listed: LOG.listed });
    assert.deepEqual((await exported()).sort(), early.map(sealedLine).sort());
    assert.deepEqual(await exported(), []);
    await writeLog(other, { rows: late, listed: new Set() });
    assert.deepEqual((await exported()).sort(), late.map(sealedLine).sort());
  });

  it('writes CSV and a file, and describes it under --json', async () => {
    const output = join(folder, 'log.csv');
    const argv = ['--format', 'csv', '--output', output];
    const { document } = await runJson(AuditExport, store, argv);
    assert.deepEqual(schemaErrors('audit-export', document), []);
    const lines = readFileSync(output, 'utf8').trimEnd().split(/\r?\n/);
    assert.equal(lines.length, LOG.rows.length + 1);
    assert.match(String(lines[0]), /^at,chain,seq,outcome,uid,/);
    assert.equal((await runCommand(AuditExport, store, ['--json'])).exitCode, 2);
  });

  it('refuses a file that is no cursor', async () => {
    const cursor = join(folder, 'no-cursor');
    writeFileSync(cursor, '{"chains":{"a":"b"},"form":"kms audit cursor 1"}');
    assert.equal((await runCommand(AuditExport, store, ['--cursor', cursor])).exitCode, 2);
    const refused = join(folder, 'none', 'log.jsonl');
    assert.equal((await runCommand(AuditExport, store, ['--output', refused])).exitCode, 2);
  });

  it('has heads that kms audit verify finds', async () => {
    const { stdout } = await runCommand(AuditHeads, store, []);
    const heads = stdout.split('\n').filter(Boolean);
    const listed = [...LOG.listed];
    assert.deepEqual(heads.map((head) => head.split(':')[0]).sort(), listed.sort());
    const argv = heads.flatMap((head) => ['--head', head]);
    assert.equal((await runCommand(AuditVerify, store, argv)).exitCode, 0);
    const { document } = await runJson(AuditHeads, store, []);
    assert.deepEqual(schemaErrors('audit-heads', document), []);
  });
});
