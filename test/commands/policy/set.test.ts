// `kms policy set`, `clear` and `apply`: what is refused before the store is opened, and what is printed.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PolicyApply from '../../../src/commands/policy/apply.js';
import PolicyClear from '../../../src/commands/policy/clear.js';
import PolicyExport from '../../../src/commands/policy/export.js';
import PolicySet from '../../../src/commands/policy/set.js';
import PolicyShow from '../../../src/commands/policy/show.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid } from '../../support/documents.js';
import { insertRows, newStorePath, rowsOf } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';
import { valuesOf } from '../../support/values-of.js';

describe('kms policy', () => {
  let store: string;
  beforeEach(async () => {
    store = await newStorePath();
    insertRows(store, [aSymmetricKey({ uid: 'a', intervalSeconds: null })]);
    insertRows(store, [aSymmetricKey({ uid: '-dash', intervalSeconds: null })]);
  });

  for (const [what, command, argv, says] of [
    ['nothing to set', PolicySet, ['a'], /nothing to set/],
    ['no object', PolicySet, ['--interval', '1d'], /no objects are named/],
    ['uids and filters', PolicySet, ['a', '--tag', 'x', '--interval', '1d'], /not both/],
    ['a duration that is none', PolicySet, ['a', '--interval', 'soon'], /not a duration/],
    ['a type that is none', PolicySet, ['--type', 'Key', '--interval', '1d'], /--type/],
    ['nothing to clear', PolicyClear, [], /no objects are named/],
    ['no file', PolicyApply, [], /file/i],
    ['a file that is not there', PolicyApply, ['/nowhere.toml'], /cannot be read/],
  ] as const) {
    it(`is refused: ${what}`, async () => {
      const before = rowsOf(store);
      const { exitCode, document } = await runJson(command, store, argv);
      assert.equal(exitCode, 2);
      assert.match(errorOf(document).message, says);
      assert.deepEqual(rowsOf(store), before);
    });
  }

  it('names no value of a switch as a uid', async () => {
    for (const [argument, automatic] of [
      ['--automatic=false', false],
      ['--no-automatic', false],
      ['--automatic=true', true],
      ['--automatic', true],
    ] as const) {
      const { document } = await runJson(PolicySet, store, ['a', argument]);
      const { results } = valid('policy-change', document);
      assert.deepEqual(results.map(({ uid, after }) => [uid, after?.automatic]).slice(0, 1), [
        ...(results.length === 0 ? [] : [['a', automatic]]),
      ]);
      const members = JSON.parse(rowsOf(store)[1]?.attributes ?? '{}') as Record<string, unknown>;
      assert.equal(members['RotateAutomatic'], automatic);
    }
  });

  it('sets, shows, exports, applies and clears how long before its end a key is rotated', async () => {
    const ends = { ActivationDate: dateOf(JANUARY), DeactivationDate: dateOf(JANUARY + 90 * DAY) };
    insertRows(store, [aSymmetricKey({ uid: 'ends', intervalSeconds: 365 * DAY }, ends)]);
    const rows = rowsOf(store);
    const set = async (...argv: string[]) => {
      const { document } = await runJson(PolicySet, store, ['ends', ...argv], JANUARY);
      return valid('policy-change', document).results[0];
    };
    const shown = async () => {
      const { document } = await runJson(PolicyShow, store, ['ends'], JANUARY);
      const [key] = (document as { keys: { beforeEndSeconds: number; deadline: string }[] }).keys;
      return [key?.beforeEndSeconds, key?.deadline];
    };
    const first = await set('--before-end', '20d');
    assert.deepEqual([first?.before?.beforeEndSeconds, first?.notice], [null, null]);
    // No attribute of KMIP holds it.
    assert.deepEqual(rowsOf(store), rows);
    assert.deepEqual(await shown(), [20 * DAY, '2026-03-21T08:00:00Z']);
    assert.equal(await set('--before-end', '20d'), undefined);
    const cut = await set('--before-end', '31d', '--dry-run');
    assert.match(cut?.notice ?? '', /longer than a third of its life, and counts as a third/);
    const { stdout: rules } = await runCommand(PolicyExport, store, []);
    assert.match(rules, /before_end = "20d"/);
    const file = join(temporaryFolder(), 'policy.toml');
    writeFileSync(file, rules.replace('"20d"', '"10d"'));
    assert.equal((await runJson(PolicyApply, store, [file, '--yes'], JANUARY)).exitCode, 0);
    assert.deepEqual(await shown(), [10 * DAY, '2026-03-31T08:00:00Z']);
    const { stdout } = await runCommand(PolicyClear, store, ['ends'], JANUARY);
    assert.match(stdout, /365d, before end 10d/);
    const { document } = await runJson(PolicySet, store, ['ends', '--interval', '1y'], JANUARY);
    assert.equal(valid('policy-change', document).results[0]?.after?.beforeEndSeconds, null);
  });

  it('sets, shows, exports, applies and clears how long a key stays Active once it is replaced', async () => {
    const rows = rowsOf(store);
    await runJson(PolicySet, store, ['a', '--interval', '30d', '--before-end', '1d']);
    const set = async (overlap: string) => {
      const { document } = await runJson(PolicySet, store, ['a', '--overlap', overlap]);
      const { results } = valid('policy-change', document);
      return [results[0]?.before?.overlapSeconds, results[0]?.after?.overlapSeconds];
    };
    assert.deepEqual(await set('7d'), [null, 7 * DAY]);
    assert.deepEqual(await set('7d'), [undefined, undefined]);
    const { stdout: shown } = await runCommand(PolicyShow, store, ['a']);
    assert.match(shown, /30d, before end 1d, overlap 7d/);
    const { stdout: rules } = await runCommand(PolicyExport, store, []);
    assert.match(rules, /overlap = "7d"/);
    const file = join(temporaryFolder(), 'policy.toml');
    writeFileSync(file, rules.replace('"7d"', '"0s"'));
    assert.equal((await runJson(PolicyApply, store, [file, '--yes'])).exitCode, 0);
    // No overlap, whatever the configuration says.
    assert.deepEqual(await set('2d'), [0, 2 * DAY]);
    const { stdout } = await runCommand(PolicyClear, store, ['a']);
    assert.match(stdout, /30d, before end 1d, overlap 2d +none/);
    assert.equal(rowsOf(store).length, rows.length);
    const { document } = await runJson(PolicySet, store, ['a', '--interval', '1y']);
    const { after } = valid('policy-change', document).results[0] ?? {};
    assert.deepEqual([after?.beforeEndSeconds, after?.overlapSeconds], [null, null]);
  });

  it('takes uids that begin with a dash after --', async () => {
    const argv = ['--interval', '1d', '--', '-dash', 'a'];
    const { document } = await runJson(PolicySet, store, argv);
    const { results } = valid('policy-change', document);
    assert.deepEqual(valuesOf(results, 'uid'), ['-dash', 'a']);
  });

  it('is told in a table: before, after, and what was already so', async () => {
    const argv = ['a', '--interval', '90d', '--offset', '7d'];
    const { stdout } = await runCommand(PolicySet, store, argv);
    assert.match(stdout, /^UID +BEFORE +AFTER +DUE\na +none +90d, offset 7d +in 7 d\n/);
    assert.match(stdout, /1 changed/);
    assert.match((await runCommand(PolicySet, store, argv)).stdout, /1 already so/);
    const dry = await runCommand(PolicyClear, store, ['a', '--dry-run']);
    assert.match(dry.stdout, /1 would be changed \(dry run: nothing was written\)/);
    assert.match((await runCommand(PolicyShow, store, [])).stdout, /^UID.*\na +90d, offset 7d/);
  });

  it('tells of failures alone without a line before them', async () => {
    const { exitCode, stdout } = await runCommand(PolicySet, store, ['gone', '--interval', '1d']);
    assert.equal(exitCode, 4);
    assert.match(stdout, /^gone: UnknownUid: /);
  });

  it('of what is not there is told, and the rest is shown', async () => {
    const { exitCode, document } = await runJson(PolicyShow, store, ['gone', 'a']);
    assert.equal(exitCode, 4);
    const { keys, unknown } = valid('policy-list', document);
    assert.deepEqual(
      [keys.map(({ uid }) => uid), unknown.map(({ uid }) => uid)],
      [['a'], ['gone']],
    );
  });

  it('is exported as a document too, and lists what no file can tell', async () => {
    insertRows(store, [aSymmetricKey({ uid: 'odd' }, { RotateInterval: -5 })]);
    await runCommand(PolicySet, store, ['a', '--interval', '90d']);
    const { document } = await runJson(PolicyExport, store, []);
    assert.deepEqual(valid('policy-export', document), {
      schema: 'kms.policy-export/v1',
      rules: [{ uid: 'a', interval: '90d' }],
      keys: 1,
      untold: ['odd'],
    });
    const file = join(temporaryFolder(), 'p.toml');
    writeFileSync(file, (await runCommand(PolicyExport, store, [])).stdout);
    const applied = await runCommand(PolicyApply, store, [file]);
    assert.match(applied.stdout, /matched by no rule: 2\n {2}-dash\n {2}odd\n/);
  });
});
