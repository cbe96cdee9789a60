// Replacements without a schedule: what our log proves is an error, what only a copy of the replaced key says is a note.
import assert from 'node:assert/strict';
import PolicySet from '../../src/commands/policy/set.js';
import PolicyClear from '../../src/commands/policy/clear.js';
import RotateKey from '../../src/commands/rotate/key.js';
import { runCommand } from '../support/command.js';
import { describeOnSqlite } from '../support/databases.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { describeEachGolden, describeGolden, goldenCopy, goldenStore } from '../support/golden.js';
import { setAttributes } from '../support/meddle.js';
import {
  adopt,
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowOf,
  rowsOf,
} from '../support/store.js';

const NOW = JANUARY + 60 * DAY;
const ROTATED_AT = JANUARY + 41 * DAY;
const fixed = (url: string, argv: readonly string[] = [], now = NOW) => fix(url, argv, now);

describeOnSqlite('lost-schedule', (database) => {
  const rotated = async (argv: readonly string[] = []) => {
    const url = await newStorePath(database);
    await insertRows(url, [aSymmetricKey({ uid: 'a', keyset: true, offsetSeconds: DAY })]);
    await runCommand(RotateKey, url, ['a', ...argv], NOW);
    return url;
  };
  const lose = (url: string) =>
    setAttributes(url, 'a@1', { RotateInterval: 0, RotateOffset: undefined });

  it('is an error where a run gave an interval, and gives interval and offset back', async () => {
    const url = await rotated();
    assert.deepEqual(codesOf(await doctor(url, [], NOW)), []);
    const { attributes } = await rowOf(url, 'a@1');
    await lose(url);
    assert.equal((await doctor(url, [], NOW)).exitCode, 4);
    assert.deepEqual(codesOf(await fixed(url)), ['lost-schedule a@1 a: repaired']);
    const given = (text: string) =>
      [/RotateInterval":\d+/, /RotateOffset":\d+/].map((one) => one.exec(text)?.[0]);
    assert.deepEqual(given((await rowOf(url, 'a@1')).attributes), given(attributes));
    const rows = await rowsOf(url);
    assert.deepEqual(codesOf(await fixed(url)), []);
    assert.deepEqual(await rowsOf(url), rows);
  });

  it('is none after --disarm', async () => {
    const url = await rotated(['--disarm']);
    for (const argv of [[], ['--only', 'lost-schedule']]) {
      assert.deepEqual(codesOf(await doctor(url, argv, NOW)), []);
    }
  });

  it('is none once the policy was changed with kms', async () => {
    const url = await rotated();
    await runCommand(PolicySet, url, ['a@1', '--interval', '90d'], NOW);
    await runCommand(PolicyClear, url, ['a@1'], NOW);
    assert.deepEqual(codesOf(await doctor(url, ['--only', 'lost-schedule'], NOW)), []);
  });

  it('is none of a key that opted out', async () => {
    const url = await rotated();
    await setAttributes(url, 'a@1', { RotateInterval: 0, RotateAutomatic: false });
    assert.deepEqual(codesOf(await doctor(url, [], NOW)), []);
  });
});

describeEachGolden('lost-schedule after the server’s own rotations', (database) => {
  it('is a note that must be asked for, repaired by the replaced one’s copy, told where there is none', async () => {
    const url = await adopt(await goldenStore(database, 'store-rotated'));
    const before = await rowsOf(url);
    const plain = await fixed(url, ['--only', 'false-replacement'], ROTATED_AT);
    assert.deepEqual(codesOf(plain), []);
    assert.deepEqual(await rowsOf(url), before);
    const { exitCode, summary, findings } = await fixed(
      url,
      ['--only', 'lost-schedule'],
      ROTATED_AT,
    );
    assert.deepEqual([exitCode, summary['errors']], [0, 0]);
    assert.ok((summary['repaired'] ?? 0) > 20);
    for (const {
      uids: [uid = '', replaced = ''],
      outcome,
    } of findings) {
      const { attributes } = await rowOf(url, uid);
      const { object } = await rowOf(url, replaced);
      assert.equal(/"RotateInterval": ?2592000/.test(attributes), outcome === 'repaired', uid);
      if (outcome === 'told') assert.match(object, /KeyWrappingData/);
    }
    const after = await rowsOf(url);
    await fixed(url, ['--only', 'lost-schedule'], ROTATED_AT);
    assert.deepEqual(await rowsOf(url), after);
  });
});

describeGolden('a sound store of a server', () => {
  for (const file of ['store.sqlite', 'kek.sqlite', 'store-rotated.sqlite']) {
    it(`has no errors: ${file}, its stale dependants aside`, async () => {
      const { findings } = await doctor(await adopt(goldenCopy(file)), [], ROTATED_AT);
      const errors = findings.filter(
        ({ severity, code }) => severity === 'error' && code !== 'stale-dependant',
      );
      assert.deepEqual(codesOf({ findings: errors }), []);
    });
  }
});
