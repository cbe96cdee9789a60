// How a shared session gives itself away. test/scenarios/pooler.test.ts has a pooler.
import assert from 'node:assert/strict';
import { shareSessions } from '../../../../src/store/dialects/postgresql/postgresql-pooler.js';

/** Answers by these processes in turn, the last one again and again. */
const asker = (...pids: readonly number[]) => {
  const left = [...pids];
  return () => Promise.resolve((left.length > 1 ? left.shift() : left[0]) ?? 0);
};

describe('shareSessions', () => {
  for (const [what, one, other, expected] of [
    ['each connection keeps a process of its own', [1], [2], false],
    ['both have the same process', [1], [1], true],
    ['the process of one changes', [1, 1, 3], [2], true],
    ['the process of the other changes, if late', [1], [2, 2, 2, 2, 2, 2, 1], true],
  ] as const) {
    it(`is ${String(expected)} if ${what}`, async () => {
      assert.equal(await shareSessions(asker(...one), asker(...other)), expected);
    });
  }
});
