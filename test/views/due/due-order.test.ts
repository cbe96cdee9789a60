// Keys by deadline, then uid, though they arrive in pages by the earliest deadline that each may have.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { byDeadline, inDeadlineOrder, type DuePage } from '../../../src/views/due/due-order.js';
import { formatInstant } from '../../../src/kmip/date-time.js';
import { collect } from '../../../src/survey/survey.js';
import { JANUARY } from '../../support/symmetric-keys.js';
import { aListedKey } from '../../support/views.js';

async function* inPages(pages: readonly DuePage[]): AsyncGenerator<DuePage> {
  await Promise.resolve();
  yield* pages;
}

const keyAt = (uid: string, seconds: number) =>
  aListedKey({ uid, deadline: formatInstant(JANUARY + seconds) });

describe('keys in the order of their deadlines', () => {
  it('stand as if all had been sorted at once, wherever pages begin', async () => {
    const arriving = fc.array(
      fc.record({
        uid: fc.uuid(),
        earliest: fc.integer({ min: 0, max: 20 }),
        later: fc.nat(5),
      }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(arriving, fc.integer({ min: 1, max: 9 }), async (found, size) => {
        const sorted = [...found].sort((a, b) => a.earliest - b.earliest);
        const pages: DuePage[] = [];
        for (let start = 0; start < sorted.length; start += size) {
          const some = sorted.slice(start, start + size);
          pages.push({
            keys: some.map(({ uid, earliest, later }) => keyAt(uid, earliest + later)),
            from: JANUARY + (some.at(-1)?.earliest ?? 0),
          });
        }
        const ordered = (await collect(inDeadlineOrder(inPages(pages)))).flat();
        assert.deepEqual(ordered, pages.flatMap(({ keys }) => keys).sort(byDeadline));
      }),
    );
  });

  it('are given out as soon as nothing can come before them', async () => {
    const pages = [
      { keys: [keyAt('a', 1), keyAt('c', 5)], from: JANUARY + 5 },
      { keys: [keyAt('b', 5), keyAt('d', 9)], from: JANUARY + 9 },
    ];
    const given = await collect(inDeadlineOrder(inPages(pages)));
    assert.deepEqual(
      given.map((page) => page.map(({ uid }) => uid)),
      [['a'], ['b', 'c'], ['d']],
    );
  });
});
