// What the next weeks hold, as metrics tell it. test/rotation/forecast.test.ts has the arithmetic.
import assert from 'node:assert/strict';
import { weeksAhead } from '../../../src/views/forecast/weeks-ahead.js';
import { storeWith } from '../../support/sqlite.js';
import { aSymmetricKey, dateOf, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { withStore } from '../../support/store.js';

const YEAR = 365 * DAY;

/** One that is due so many days from now, a Saturday. */
const dueIn = (days: number) =>
  aSymmetricKey(
    { uid: `in-${days}`, intervalSeconds: YEAR },
    { RotateDate: dateOf(JANUARY + days * DAY - YEAR) },
  );

describe('the weeks ahead', () => {
  it('are twelve from Monday to Monday, this one from now on, and overdue keys are in it', async () => {
    const url = await storeWith([-40, 1, 2, 8, 9, 78, 79, 83].map(dueIn));
    const terms = { now: JANUARY, firstDeadline: 'offset' } as const;
    const weeks = await withStore(url, (store) => weeksAhead(store, terms, { tags: [] }), 'read');
    assert.deepEqual(
      weeks.map(({ rotations }) => rotations),
      [2, 2, 1, ...Array.from({ length: 8 }, () => 0), 1],
    );
    assert.ok(weeks.every(({ expiries }) => expiries === 0));
  });
});
