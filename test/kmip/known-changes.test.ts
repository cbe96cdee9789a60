// What is remembered of the changes of a row.
import assert from 'node:assert/strict';
import {
  differingMembers,
  rememberChanges,
  rememberedChanges,
} from '../../src/kmip/known-changes.js';

describe('known-changes', () => {
  it('remembers changes for just the two rows', () => {
    const [before, after] = [{}, {}];
    rememberChanges(before, after, ['A']);
    assert.deepEqual(rememberedChanges(before, after), ['A']);
    assert.equal(rememberedChanges({}, after), null);
    assert.equal(rememberedChanges(before, {}), null);
  });

  it('tells members that differ, come or go, by value', () => {
    const had = { same: [1], other: [1], gone: 1, absent: undefined, nil: null };
    const has = { same: [1], other: [2], come: { a: 1 }, nil: null };
    assert.deepEqual(differingMembers(had, has), ['other', 'come', 'gone']);
  });
});
