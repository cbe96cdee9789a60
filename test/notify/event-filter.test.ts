// Which events a recipient or webhook receives.
import assert from 'node:assert/strict';
import { matchesFilter } from '../../src/notify/event-filter.js';
import { aTest, failure, finished, mended, rotated, warning } from '../support/events.js';

describe('an event filter', () => {
  const about = [rotated(), failure(), warning(), mended()];

  it('passes every event except the end of a run, unless that is asked for', () => {
    assert.ok(about.every((event) => matchesFilter({}, event)));
    assert.equal(matchesFilter({}, finished()), false);
    assert.equal(matchesFilter({ events: ['finished'] }, finished()), true);
    assert.equal(matchesFilter({ events: [] }, rotated()), false);
  });

  it('by owner, tag or Object Type passes only events about such objects', () => {
    for (const event of about) {
      assert.ok(matchesFilter({ owner: 'ops@example.org', tag: 'env:prod' }, event));
      assert.ok(matchesFilter({ objectType: 'SymmetricKey' }, event));
      assert.ok(!matchesFilter({ owner: 'OPS@example.org' }, event));
      assert.ok(!matchesFilter({ owner: 'ops@example.org', tag: 'env' }, event));
      assert.ok(!matchesFilter({ objectType: 'PrivateKey' }, event));
    }
    assert.ok(!matchesFilter({ owner: 'ops@example.org', events: ['finished'] }, finished()));
  });

  it('passes every test event', () => {
    assert.ok(matchesFilter({ owner: 'nobody', events: ['failed'] }, aTest()));
  });
});
