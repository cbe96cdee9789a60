// Waiting for locks that others hold, without a database: how long, how often, and what is said. initialise.test.ts waits
// on every database.
import assert from 'node:assert/strict';
import { whileHeld, withCleanUp } from '../../../src/store/dialects/schema-lock.js';

const queued = () => Promise.reject(Object.assign(new Error('waited'), { code: '55P03' }));
const held = () => Promise.resolve(null);

const never = () => {
  throw new Error('must not be called');
};

describe('whileHeld', () => {
  for (const [what, attempts, attemptMs, limitMs] of [
    ['an attempt that waits itself, by its own time', queued, 500, 500],
    ['attempts that do not wait, by the pauses', held, 500, 400],
    ['no time at all, after one attempt', held, 0, 0],
  ] as const) {
    it(`gives up after ${what}, and names who holds the lock`, async () => {
      const wait = { limitMs, attemptMs, notify: never };
      await assert.rejects(
        whileHeld(wait, attempts, () => Promise.resolve('pid 7')),
        { reason: 'StoreBusy', message: /gave up waiting for pid 7/, hint: /--lock-timeout/ },
      );
    });
  }

  it('tells once whom it waits for, and again for another, but not of short waits', async () => {
    const told: string[] = [];
    const answers = [null, null, null, null, 'done'];
    const wait = { limitMs: 1e6, attemptMs: 0, notify: (text: string) => told.push(text) };
    const done = await whileHeld(
      wait,
      () => Promise.resolve(answers.shift() ?? null),
      () => Promise.resolve('a'),
    );
    assert.deepEqual([done, told], ['done', []]);
    const holders = ['a', 'a', 'b'];
    const failures = [1, 2, 3].map(() => ({ code: 'SQLITE_BUSY' }));
    await whileHeld(
      { ...wait, attemptMs: 1000 },
      () => {
        const failure = failures.shift();
        return failure === undefined
          ? Promise.resolve(1)
          : Promise.reject(Object.assign(new Error('busy'), failure));
      },
      () => Promise.resolve(holders.shift() ?? ''),
    );
    assert.deepEqual(told, ['waiting for a', 'waiting for b']);
  });

  it('passes on what is no lock', async () => {
    const wait = { limitMs: 1e6, attemptMs: 0, notify: never };
    const failing = () => Promise.reject(Object.assign(new Error('no'), { code: '42501' }));
    await assert.rejects(whileHeld(wait, failing, never), { code: '42501' });
  });
});

describe('withCleanUp', () => {
  const fail = (text: string) => () => Promise.reject(new Error(text));
  const succeed = () => Promise.resolve('result');
  for (const [work, cleanUp, outcome] of [
    [fail('work'), fail('cleaning'), /work/],
    [fail('work'), succeed, /work/],
    [succeed, fail('cleaning'), /cleaning/],
  ] as const) {
    it(`throws what fails first: ${outcome.source}`, () =>
      assert.rejects(withCleanUp<string>(work, cleanUp), outcome));
  }
});
