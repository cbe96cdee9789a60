// `kms rotate key UID`: one object, due or not, by uid or by a keyset's address.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AuditVerify from '../../../src/commands/audit/verify.js';
import RotateKey from '../../../src/commands/rotate/key.js';
import { headText } from '../../../src/report/audit/head-text.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, rotateOf, type ResultDocument } from '../../support/documents.js';
import { insertRows, newStorePath, rowsOf, sql } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';

const NOW = JANUARY + DAY;

describe('kms rotate key', () => {
  let store: string;
  beforeEach(async () => {
    store = await newStorePath();
    insertRows(store, [
      aSymmetricKey({ uid: 'plain' }),
      aSymmetricKey({ uid: 'unarmed', intervalSeconds: null }),
      aSymmetricKey({ uid: 'set', keyset: true }),
    ]);
  });

  async function rotated(argv: readonly string[]): Promise<ResultDocument> {
    const { exitCode, document } = await runJson(RotateKey, store, argv, NOW);
    assert.equal(exitCode, 0, JSON.stringify(document));
    const { results } = rotateOf(document);
    assert.equal(results.length, 1);
    return results[0]!;
  }

  const stateOf = (uid: string) => rowsOf(store).find(({ id }) => id === uid)?.state;

  it('rotates a key that is not due', async () => {
    const { outcome, replacementUid, nextDeadline } = await rotated(['plain']);
    assert.deepEqual([outcome, nextDeadline], ['rotated', '2026-02-10T08:00:00Z']);
    assert.deepEqual([stateOf('plain'), stateOf(replacementUid!)], ['Deactivated', 'Active']);
  });

  it('rotates a key without a policy, whose replacement has none', async () => {
    assert.equal((await rotated(['unarmed'])).nextDeadline, null);
  });

  it('takes an address of a keyset, and always the latest by its name', async () => {
    const replacements: unknown[] = [];
    for (const address of ['set', 'set@latest', 'set', 'set@3']) {
      replacements.push((await rotated([address])).replacementUid);
    }
    assert.deepEqual(replacements, ['set@1', 'set@2', 'set@3', 'set@4']);
  });

  it('refuses an earlier generation, and names the latest', async () => {
    await rotated(['set']);
    const { exitCode, document } = await runJson(RotateKey, store, ['set@first'], NOW);
    assert.equal(exitCode, 4);
    const [result] = rotateOf(document).results;
    assert.equal(result?.error?.reason, 'AlreadyReplaced');
  });

  it('--disarm leaves the replacement without an interval', async () => {
    const { replacementUid, nextDeadline } = await rotated(['set', '--disarm']);
    assert.equal(nextDeadline, null);
    const row = rowsOf(store).find(({ id }) => id === replacementUid)!;
    assert.equal((JSON.parse(row.attributes) as { RotateInterval: number }).RotateInterval, 0);
  });

  it('--audit-heads appends what each run leaves in the log, which kms audit verify finds there', async () => {
    const file = join(temporaryFolder(), 'heads');
    const heads = () => readFileSync(file, 'utf8').trimEnd().split('\n');
    const verify = async () =>
      (await runCommand(AuditVerify, store, ['--head-file', file], NOW)).exitCode;
    const argv = ['set', '--audit-heads', file];
    const first = rotateOf((await runJson(RotateKey, store, argv, NOW)).document);
    assert.deepEqual(heads(), first.auditHeads.map(headText));
    await rotated(argv);
    assert.deepEqual([heads().length, heads()[0]], [2, first.auditHeads.map(headText)[0]]);
    assert.equal(await verify(), 0);
    sql(store, "DELETE FROM kms_rotation_log WHERE outcome = 'chain-closed' AND id > 4");
    assert.equal((await runCommand(AuditVerify, store, [], NOW)).exitCode, 0);
    assert.equal(await verify(), 1);
  });

  it('--audit-heads changes nothing if the file cannot be written, and keeps its report if only the heads cannot', async () => {
    const missing = join(temporaryFolder(), 'none', 'heads');
    const refused = await runCommand(RotateKey, store, ['plain', '--audit-heads', missing], NOW);
    assert.deepEqual([refused.exitCode, stateOf('plain')], [2, 'Active']);
    const full = await runCommand(RotateKey, store, ['plain', '--audit-heads', '/dev/full'], NOW);
    assert.deepEqual([full.exitCode, stateOf('plain')], [6, 'Deactivated']);
    assert.match(
      full.stderr,
      /not in \/dev\/full.*ENOSPC[^]*write down: [0-9a-f-]{36}:2:[0-9a-f]{64}\n/,
    );
  });

  it('--dry-run reports, and leaves every byte of the store as it was', async () => {
    sql(store, 'PRAGMA wal_checkpoint(TRUNCATE)');
    const bytes = readFileSync(store);
    const set = await rotated(['set', '--dry-run']);
    assert.deepEqual([set.outcome, set.replacementUid], ['would-rotate', 'set@1']);
    assert.equal((await rotated(['plain', '--dry-run'])).replacementUid, null);
    assert.deepEqual(readFileSync(store), bytes);
  });

  it('--dry-run works on a store without our tables', async () => {
    sql(store, 'DROP TABLE kms_rotation_log');
    assert.equal((await rotated(['plain', '--dry-run'])).outcome, 'would-rotate');
    const { exitCode, document } = await runJson(RotateKey, store, ['plain'], NOW);
    assert.equal(exitCode, 3);
    assert.equal(errorOf(document).reason, 'StoreNotInitialised');
  });

  it('says in words what became of the key', async () => {
    const { exitCode, stdout } = await runCommand(RotateKey, store, ['set'], NOW);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^set +rotated +set@1 /m);
    assert.match(stdout, /^1 rotated$/m);
  });
});
