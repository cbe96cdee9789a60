// How long making indexes is said to take. test/commands/init.test.ts asks for it before a store is changed.
import assert from 'node:assert/strict';
import { OUR_INDEXES } from '../../../src/store/dialects/our-indexes.js';
import { secondsLeftToMake, secondsToMake } from '../../../src/store/prepare/lock-estimate.js';

describe('how long making indexes on SQLite is said to keep others from writing', () => {
  it('is the sum of what each missing one takes for so many objects, rounded up', () => {
    assert.equal(secondsToMake(['ends'], 1_000_000), 15);
    assert.equal(secondsToMake(['ends', 'usage'], 500_000), 11);
    assert.equal(secondsToMake(OUR_INDEXES, 1_000_000), 73);
    assert.equal(secondsToMake(OUR_INDEXES, 1), 1);
    assert.equal(secondsToMake([], 1_000_000), 0);
  });
});

describe('how long the making of indexes is said to go on', () => {
  it('follows from how long the first ones took here', () => {
    const twice = secondsLeftToMake(['due', 'ends', 'usage'], 2, 1_000_000, 90);
    assert.equal(twice, 12);
  });

  it('is what another machine took, before the first is made', () => {
    assert.equal(secondsLeftToMake(['due', 'ends'], 0, 1_000_000, 0), 45);
  });

  it('is nothing for a store without objects', () => {
    assert.equal(secondsLeftToMake(['due', 'ends'], 1, 0, 3), 0);
  });
});
