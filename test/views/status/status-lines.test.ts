// What `kms status` says of a condition and of runs, in words.
import assert from 'node:assert/strict';
import type { Condition } from '../../../src/conditions/condition.js';
import { observe, resolve } from '../../../src/conditions/decide.js';
import { isMissing, type LastRun } from '../../../src/store/own/last-runs.js';
import { conditionLines } from '../../../src/views/status/status-lines.js';
import { isWell } from '../../../src/views/status/store-status.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';
import { PIPE } from '../../support/terminals.js';

const NOW = JANUARY;
const SEEN = {
  kind: 'rotation-failed',
  subject: 'pay\u001b[2Jments',
  about: { owner: 'ann', objectType: 'SymmetricKey', algorithm: 'AES', tags: [] },
  reason: 'WrappingKeyUnavailable',
  message: 'its wrapping key is not there',
  hint: null,
} as const;
const begun = observe(null, SEEN, NOW, [DAY]).condition;

describe('a condition in kms status', () => {
  const linesOf = (condition: Condition, now: number) =>
    [...conditionLines(condition, now, { remindAfterSeconds: [DAY] }, PIPE)].join('\n');

  const cases: readonly (readonly [string, Condition, number, RegExp])[] = [
    ['when it was told, and when next', begun, NOW + 3600, /told 1 h ago, next in 23 h$/],
    ['that a reminder is due', begun, NOW + 2 * DAY, /next by the next run$/],
    ['that nobody was told', { ...begun, told: null }, NOW, /nobody was told/],
    [
      'who is on it',
      { ...begun, acknowledged: { until: NOW + DAY, by: 'ann', because: 'ordered' } },
      NOW,
      /acknowledged until 2026-01-11T08:00:00Z by ann: ordered/,
    ],
    [
      'how it ended',
      resolve(begun, 'rotated', NOW + 3 * DAY)?.condition ?? begun,
      NOW + 3 * DAY,
      /over since .*: rotated after 1 failure in 3 d$/,
    ],
  ];
  for (const [title, condition, now, expected] of cases) {
    it(`says ${title}`, () => {
      assert.match(linesOf(condition, now), expected);
    });
  }

  it('shows no control characters of a uid', () => {
    assert.ok(!linesOf(begun, NOW).includes('\u001b'));
  });
});

describe('a run that did not come', () => {
  const run = (lastGoodAt: number | null, cadenceSeconds: number | null) =>
    ({ lastGoodAt, cadenceSeconds }) as LastRun;

  const cases: readonly (readonly [number | null, number | null, boolean])[] = [
    [NOW - 2 * DAY, DAY, false],
    [NOW - 2 * DAY - 1, DAY, true],
    [null, DAY, true],
    [null, null, false],
  ];
  for (const [lastGoodAt, cadence, missing] of cases) {
    it(`is ${missing ? '' : 'not '}missed: last good one ${lastGoodAt}, cadence ${cadence}`, () => {
      assert.equal(isMissing(run(lastGoodAt, cadence), NOW), missing);
      assert.equal(
        isWell({ conditions: [], runs: [run(lastGoodAt, cadence)], now: NOW }),
        !missing,
      );
    });
  }
});
