// A store that the real server wrote under a key encryption key in a hardware security module: no run can rotate what
// is due in it, and no command passes over that in silence.
import assert from 'node:assert/strict';
import DueList from '../../src/commands/due/list.js';
import PolicySet from '../../src/commands/policy/set.js';
import RunReport from '../../src/commands/report.js';
import RotateDue from '../../src/commands/rotate/due.js';
import Warnings from '../../src/commands/warnings.js';
import { runCommand, runJson } from '../support/command.js';
import { valid } from '../support/documents.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { adopt, rowsOf } from '../support/store.js';

/** 2026-02-20T08:00:00Z */
const NOW = 1_771_574_400;

/** Armed, Active, due, and under the module; `user-dep-due` by way of `user-kek`. */
const OVERDUE = ['ec', 'granted', 'keyset', 'offset', 'plain', 'rsa', 'user-dep-due', 'user-kek'];

describeGolden('a store under a key in a hardware security module', () => {
  let store: string;
  const saved = { ...process.env };
  beforeEach(async () => {
    store = await adopt(goldenCopy('hsm.sqlite'));
  });
  afterEach(() => {
    process.env = { ...saved };
  });

  const rotateDue = async () => {
    const { exitCode, document } = await runJson(RotateDue, store, [], NOW);
    const failed = valid('rotate', document).results.filter(({ outcome }) => outcome === 'failed');
    return { exitCode, failed };
  };
  const listed = async () => {
    const { document } = await runJson(DueList, store, [], NOW);
    return valid('due-list', document)
      .keys.map(({ uid }) => uid)
      .sort();
  };
  const checks = async () => {
    const codes: number[] = [];
    for (const command of [DueList, Warnings, RunReport]) {
      codes.push((await runCommand(command, store, ['--check'], NOW)).exitCode);
    }
    return codes;
  };

  it('has every overdue key fail by name, and keeps its row', async () => {
    const before = await rowsOf(store);
    const { exitCode, failed } = await rotateDue();
    assert.equal(exitCode, 4);
    assert.deepEqual(failed.map(({ uid }) => uid).sort(), OVERDUE);
    for (const { error } of failed) assert.equal(error?.reason, 'HsmResident');
    const after = await rowsOf(store);
    for (const row of before.filter(({ id }) => OVERDUE.includes(id))) {
      assert.deepEqual(
        after.find(({ id }) => id === row.id),
        row,
      );
    }
  });

  it('shows them in every command that tells what is due', async () => {
    assert.deepEqual(await listed(), ['cert', ...OVERDUE]);
    const { document: due } = await runJson(DueList, store, [], NOW);
    assert.ok(valid('due-list', due).keys.every((key) => key['due'] === true));
    assert.deepEqual(await checks(), [0, 0, 1]);
    const { document: warnings, exitCode } = await runJson(Warnings, store, [], NOW);
    assert.equal(exitCode, 0);
    const warned = (warnings as { warnings: { uid: string; daysLeft: number }[] }).warnings;
    assert.deepEqual(warned.map(({ uid }) => uid).sort(), OVERDUE);
    assert.ok(warned.every(({ daysLeft }) => daysLeft <= 0));
    const { document: report } = await runJson(RunReport, store, [], NOW);
    const keys = (report as { keys: { uid: string; shortcomings: { name: string }[] }[] }).keys;
    const overdue = keys.filter(({ shortcomings }) =>
      shortcomings.some(({ name }) => name === 'overdue'),
    );
    assert.deepEqual(overdue.map(({ uid }) => uid).sort(), ['cert', ...OVERDUE]);
    assert.ok(keys.some(({ uid, shortcomings }) => uid === 'later' && shortcomings.length === 0));
  });

  it('leaves all of them to others if rotation.hsm says so', async () => {
    process.env['KMS_ROTATION_HSM'] = 'leave';
    assert.deepEqual(await listed(), ['cert']);
    const { exitCode, failed } = await rotateDue();
    assert.deepEqual([exitCode, failed], [0, []]);
    assert.deepEqual(await listed(), []);
    assert.deepEqual((await checks()).slice(0, 2), [1, 1]);
  });

  it('leaves what is still under a replaced key of theirs too', async () => {
    store = await adopt(goldenCopy('hsm-rotated.sqlite'));
    const run = async () => (await runCommand(RotateDue, store, [], NOW)).exitCode;
    assert.equal(await run(), 4);
    process.env['KMS_ROTATION_HSM'] = 'leave';
    assert.equal(await run(), 0);
    assert.equal((await checks())[0], 1);
  });

  it('leaves one of them to others if its Rotate Automatic is false', async () => {
    const set = await runCommand(PolicySet, store, ['plain', 'rsa', '--no-automatic'], NOW);
    assert.equal(set.exitCode, 0, set.stderr);
    const { failed } = await rotateDue();
    const others = OVERDUE.filter((uid) => uid !== 'plain' && uid !== 'rsa');
    assert.deepEqual(failed.map(({ uid }) => uid).sort(), others);
    const other = await runCommand(PolicySet, store, ['plain', '--interval', '90d'], NOW);
    assert.equal(other.exitCode, 4);
    assert.match(other.stdout, /HsmResident/);
  });
});
