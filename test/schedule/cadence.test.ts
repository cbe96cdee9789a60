// How often a schedule runs, in the words of cron and systemd, and that stores and hosts do not all run at once.
import assert from 'node:assert/strict';
import { cadenceFor, warningsCadence } from '../../src/schedule/cadence.js';
import { KmsError } from '../../src/errors.js';

describe('how often a schedule runs', () => {
  for (const [every, cron, calendar] of [
    [60, /^\* \* \* \* \*$/, /^\*-\*-\* \*:\*:00$/],
    [15 * 60, /^([1-9]|1[0-4])-59\/15 \* \* \* \*$/, /^\*-\*-\* \*:(0[1-9]|1[0-4])\/15:00$/],
    [3600, /^([1-9]|[1-5]\d) \* \* \* \*$/, /^\*-\*-\* \*:(0[1-9]|[1-5]\d):00$/],
    [6 * 3600, /^\d+ [0-5]-23\/6 \* \* \*$/, /^\*-\*-\* 0[0-5]\/6:\d\d:00$/],
    [86_400, /^\d+ [345] \* \* \*$/, /^\*-\*-\* 0[345]:\d\d:00$/],
    [7 * 86_400, /^\d+ [345] \* \* 1$/, /^Mon \*-\*-\* 0[345]:\d\d:00$/],
  ] as const) {
    it(`is said so that it is every ${every} seconds, and never at the full hour`, () => {
      for (const seed of ['a', 'b', 'c', 'd', 'e']) {
        const cadence = cadenceFor(every, seed);
        assert.match(cadence.cron, cron);
        assert.match(cadence.calendar, calendar);
        assert.doesNotMatch(cadence.cron, /^0 /);
        assert.equal(cadence.everySeconds, every);
      }
    });
  }

  for (const every of [0, 30, 7 * 60, 5 * 3600, 2 * 86_400, 30 * 86_400]) {
    it(`cannot be ${every} seconds, which cron would stretch or cut`, () => {
      assert.throws(
        () => cadenceFor(every, ''),
        (error) => error instanceof KmsError && error.reason === 'InvalidArgument',
      );
    });
  }

  it('is spread over the minutes, and the same for one seed', () => {
    for (const cadenceOf of [(seed: string) => cadenceFor(3600, seed), warningsCadence]) {
      const minutes = Array.from({ length: 300 }, (_, n) => cadenceOf(`${n}`).cron.split(' ')[0]);
      assert.ok(new Set(minutes).size > 50, `${new Set(minutes).size} minutes`);
      assert.deepEqual(cadenceOf('a'), cadenceOf('a'));
    }
  });
});
