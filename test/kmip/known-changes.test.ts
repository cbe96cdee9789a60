// What is remembered of the changes of a row.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson } from '../../src/kmip/canonical-json.js';
import type { JsonValue } from '../../src/kmip/json.js';
import {
  differingMembers,
  isSame,
  rememberChanges,
  rememberedChanges,
} from '../../src/kmip/known-changes.js';

const valueOf = (text: string): JsonValue => JSON.parse(text) as JsonValue;

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

  it('takes no inherited name for a member', () => {
    assert.deepEqual(differingMembers({ toString: 1 }, {}), ['toString']);
    assert.deepEqual(differingMembers({}, { toString: 1 }), ['toString']);
  });

  it('takes for the same what has one canonical text', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.json({ maxDepth: 3 }), (text, otherText) => {
        const [one, copy, other] = [valueOf(text), valueOf(text), valueOf(otherText)];
        assert.ok(isSame(one, copy));
        assert.equal(isSame(one, other), canonicalJson(one) === canonicalJson(other));
      }),
    );
  });
});
