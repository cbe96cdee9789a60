// How long making indexes is said to take. test/commands/init.test.ts asks for it before a store is changed.
import assert from 'node:assert/strict';
import { OUR_INDEXES } from '../../../src/store/dialects/our-indexes.js';
import { secondsToMake } from '../../../src/store/prepare/lock-estimate.js';

describe('how long making indexes on SQLite is said to keep others from writing', () => {
  it('is the sum of what each missing one takes for so many objects, rounded up', () => {
    assert.equal(secondsToMake(['ends'], 1_000_000), 15);
    assert.equal(secondsToMake(['ends', 'usage'], 500_000), 11);
    assert.equal(secondsToMake(OUR_INDEXES, 1_000_000), 73);
    assert.equal(secondsToMake(OUR_INDEXES, 1), 1);
    assert.equal(secondsToMake([], 1_000_000), 0);
  });
});
