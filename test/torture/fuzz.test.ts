// A short fuzz of every parser; `npm run torture -- --parsers` goes on for as long as it is told.
import assert from 'node:assert/strict';
import { isFull, needThoroughRun } from '../support/effort.js';
import { fuzz } from './fuzz.js';

describe('every parser', () => {
  const cases = isFull ? 100_000 : 1000;

  it(`refuses in words what it cannot use, ${cases} times`, async function () {
    needThoroughRun(this);
    this.timeout(0);
    const { wrong, parsers } = await fuzz(1, cases);
    assert.equal(wrong, null);
    assert.equal(parsers.length, 12, parsers.join());
  });
});
