// How a condition goes on, by simulated months: what is told and logged of it, and when.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isOfRotation, type Condition, type Observation } from '../../src/conditions/condition.js';
import {
  nextTellingAt,
  observe,
  resolve,
  type Decision,
  type Telling,
} from '../../src/conditions/decide.js';

const START = 1_800_000_000;
const HOUR = 3600;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 4, 7].map((days) => days * DAY);

const seenAs = (reason: string): Observation => ({
  kind: reason === 'HsmResident' ? 'out-of-reach' : 'rotation-failed',
  subject: 'key-1',
  about: { owner: 'ops', objectType: null, algorithm: null, tags: [] },
  reason,
  message: `it is ${reason}`,
  hint: null,
});

interface Happening {
  readonly at: number;
  readonly telling: Telling | null;
  readonly log: 'wrong' | 'over' | null;
}

/** What a run sees after so many seconds: a reason, or null if nothing is wrong. */
type Script = (after: number, run: number) => string | null;

function simulate(seconds: number, every: number, script: Script, steps = STEPS) {
  let condition: Condition | null = null;
  const happened: Happening[] = [];
  for (let after = 0, run = 0; after <= seconds; after += every, run += 1) {
    const reason = script(after, run);
    const decision: ReturnType<typeof resolve> =
      reason !== null
        ? observe(condition, seenAs(reason), START + after, steps)
        : condition && resolve(condition, 'rotated', START + after);
    if (decision === null) continue;
    condition = decision.condition;
    happened.push({ at: after, telling: decision.telling, log: decision.log });
  }
  const told = happened.filter(({ telling }) => telling !== null && telling !== 'holds');
  const logged = happened.filter(({ log }) => log !== null);
  return { condition, told, logged, happened };
}

const inDays = (told: readonly Happening[]) =>
  told.map(({ at, telling }) => `${telling ?? ''} ${at / DAY}`);

describe('a condition', () => {
  it('is told when new, after 1, 2, 4 and 7 days, and once when it is over: 1,000 runs in ten days', () => {
    const every = (10 * DAY) / 1000;
    const { told, logged, condition } = simulate(10 * DAY, every, (after) =>
      after < 10 * DAY ? 'MalformedObject' : null,
    );
    const floored = told.map(({ at, telling }) => `${telling ?? ''} ${Math.floor(at / DAY)}`);
    assert.deepEqual(floored, [
      'new 0',
      ...[1, 2, 4, 7].map((day) => `reminder ${day}`),
      'over 10',
    ]);
    assert.deepEqual(
      logged.map(({ log }) => log),
      ['wrong', 'over'],
    );
    assert.equal(condition?.failures, 1000);
  });

  it('is reminded of weekly after the last step, and never without steps', () => {
    const { told } = simulate(30 * DAY, HOUR, () => 'MalformedObject');
    const days = [1, 2, 4, 7, 14, 21, 28].map((day) => `reminder ${day}`);
    assert.deepEqual(inDays(told), ['new 0', ...days]);
    assert.deepEqual(inDays(simulate(30 * DAY, HOUR, () => 'Unsupported', []).told), ['new 0']);
  });

  it('makes few rows in a year of quarter-hourly runs: one in the log, and one for each message', () => {
    const { told, logged, condition } = simulate(365 * DAY, HOUR / 4, () => 'MalformedObject');
    assert.equal(condition?.failures, 365 * 96 + 1);
    assert.deepEqual([logged.length, told.length], [1, 1 + 4 + 51]);
  });

  it('is told once a day, and logged once a day, while its reason flips at every run', () => {
    const flipping: Script = (_, run) => (run % 2 === 0 ? 'RowLocked' : 'MalformedObject');
    const { told, logged } = simulate(10 * DAY - 1, DAY / 96, flipping);
    for (const happened of [told, logged]) {
      const days = happened.map(({ at }) => Math.floor(at / DAY));
      assert.deepEqual(days, [...new Set(days)]);
      assert.ok(days.length >= 8, String(days.length));
    }
    assert.equal(
      told.some(({ telling }) => telling === 'over'),
      false,
    );
  });

  it('is told to receivers that forget by each run while it holds, acknowledged or not', () => {
    const { happened, condition } = simulate(3 * DAY, HOUR / 4, () => 'MalformedObject');
    assert.ok(happened.every(({ telling }) => telling !== null));
    const acknowledged = { until: START + 9 * DAY, by: 'me', because: 'it is known' };
    const next = observe(
      condition && { ...condition, acknowledged },
      seenAs('MalformedObject'),
      START + 4 * DAY,
      STEPS,
    );
    assert.equal(next.telling, 'holds');
  });

  it('about an end that has passed is never told or logged, as the warnings of deadlines tell of it', () => {
    const ended = { ...seenAs('CertificateExpired'), kind: 'end-passed' } as const;
    let condition: Condition | null = null;
    for (let day = 0; day < 30; day += 1) {
      const decision: Decision = observe(condition, ended, START + day * DAY, STEPS);
      assert.deepEqual([decision.telling, decision.log], [null, null]);
      condition = decision.condition;
      assert.equal(nextTellingAt(condition, START + day * DAY, STEPS), null);
    }
    const over = condition && resolve(condition, 'rotated', START + 30 * DAY);
    assert.deepEqual([over?.telling, over?.log], [null, null]);
  });

  it('that returns within a day keeps its id and count, and is told by the steps alone', () => {
    const { told, condition } = simulate(3 * DAY, HOUR, (after) =>
      after >= 5 * HOUR && after < 10 * HOUR ? null : 'MalformedObject',
    );
    assert.deepEqual(
      inDays(told).map((one) => one.split(' ')[0]),
      ['new', 'over', 'reminder', 'reminder'],
    );
    assert.equal(condition?.firstSeenAt, START);
    assert.equal(condition.failures, 3 * 24 + 1 - 5);
  });

  it('that returns after a day is a new one', () => {
    const first = observe(null, seenAs('Unsupported'), START, STEPS).condition;
    const over = resolve(first, 'rotated', START + HOUR)?.condition ?? null;
    const returned = observe(over, seenAs('Unsupported'), START + HOUR + DAY, STEPS);
    assert.notEqual(returned.condition.id, first.id);
    assert.deepEqual([returned.telling, returned.condition.failures], ['new', 1]);
  });

  it('that comes and goes at every run is told by the steps, each with its end', () => {
    const { told, logged } = simulate(10 * DAY, HOUR, (_, run) =>
      run % 2 === 0 ? 'RowLocked' : null,
    );
    assert.ok(told.length <= 2 * (1 + STEPS.length), String(told.length));
    assert.ok(logged.length <= 2 * 11, String(logged.length));
  });

  it('is not told while acknowledged, and again when that ends or its reason changes', () => {
    const { condition } = observe(null, seenAs('Unsupported'), START, STEPS);
    const acknowledged = { until: START + 3 * DAY, by: 'ann', because: 'on it' };
    const known = { ...condition, acknowledged };
    const at = (days: number, reason: string) =>
      observe(known, seenAs(reason), START + days * DAY, STEPS).telling;
    assert.deepEqual(
      [at(2.5, 'Unsupported'), at(3, 'Unsupported'), at(2, 'MalformedObject')],
      ['holds', 'reminder', 'changed'],
    );
    const changed = observe(known, seenAs('MalformedObject'), START + HOUR, STEPS);
    assert.equal(changed.condition.acknowledged, null);
  });

  it('is the same one if the key turns out to be in a module: nothing is over', () => {
    const failed = observe(null, seenAs('MalformedObject'), START, STEPS).condition;
    const moved = observe(failed, seenAs('HsmResident'), START + HOUR, STEPS).condition;
    assert.deepEqual([moved.id, moved.kind], [failed.id, 'out-of-reach']);
    assert.ok(isOfRotation(moved) && isOfRotation(failed));
  });

  it('is over once, and is not told to be if nobody was told that it held', () => {
    const { condition } = observe(null, seenAs('Unsupported'), START, STEPS);
    const over = resolve(condition, 'gone', START + HOUR);
    assert.equal(over?.telling, 'over');
    assert.equal(resolve(over.condition, 'gone', START + DAY), null);
    assert.equal(resolve({ ...condition, told: null }, 'gone', START + HOUR)?.telling, null);
  });

  it('says when it is told next as it then happens, whatever the times of runs', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: HOUR, max: 20 * DAY }), { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 3 * DAY }), { minLength: 1, maxLength: 40 }),
        (unordered, pauses) => {
          const steps = unordered.toSorted((one, other) => one - other);
          let { condition } = observe(null, seenAs('Unsupported'), START, steps);
          let now = START;
          for (const pause of pauses) {
            const next = nextTellingAt(condition, now, steps);
            now += pause;
            const decision = observe(condition, seenAs('Unsupported'), now, steps);
            const isTold = decision.telling === 'reminder';
            assert.equal(isTold, next !== null && next <= now);
            condition = decision.condition;
          }
        },
      ),
    );
  });
});
