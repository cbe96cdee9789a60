// Which rule is a key's, and which can never be any key's.
import {
  rulesConflict,
  matches,
  matchingRules,
  ROTATABLE_TYPES,
  shadowedBy,
  type ObjectProperties,
  type PolicyRule,
  type Selectors,
} from '../../src/rotation/policy-rules.js';
import assert from 'node:assert/strict';
import fc from 'fast-check';

const KEY: ObjectProperties = {
  uid: 'k',
  owner: 'ops',
  objectType: 'SymmetricKey',
  algorithm: 'AES',
  tags: ['_kk', 'prod', 'eu'],
};

const rule = (selectors: Selectors, intervalSeconds = 1): PolicyRule => ({
  selectors,
  change: { intervalSeconds },
});

describe('a rule', () => {
  it('matches if each selector does: all of the tags, one of all else', () => {
    assert.ok(matches({}, KEY));
    assert.ok(matches({ tag: ['eu', 'prod'], owner: ['x', 'ops'] }, KEY));
    assert.ok(!matches({ tag: ['prod', 'us'] }, KEY));
    assert.ok(!matches({ tag: ['prod'], algorithm: ['RSA'] }, KEY));
    assert.ok(!matches({ uid: ['K'] }, KEY));
    assert.ok(!matches({ owner: ['ops'] }, { ...KEY, owner: null }));
  });

  it('counts if it is the first that matches', () => {
    const rules = [rule({ owner: ['x'] }), rule({ tag: ['eu'] }), rule({})];
    assert.deepEqual(matchingRules(rules, KEY), [1, 2]);
  });

  it('disagrees with another that asks for something else, or for nothing', () => {
    assert.ok(!rulesConflict(rule({ tag: ['a'] }), rule({})));
    assert.ok(rulesConflict(rule({}, 1), rule({}, 2)));
    assert.ok(rulesConflict(rule({}), { selectors: {}, change: null }));
  });

  it('can never match if one before it takes all of its keys', () => {
    const shadowed = (...selectors: Selectors[]) =>
      shadowedBy(
        selectors.map((one) => rule(one)),
        selectors.length - 1,
      );
    assert.deepEqual(shadowed({ tag: ['a'] }, { tag: ['a', 'b'] }), [0]);
    assert.deepEqual(shadowed({ owner: ['a', 'b'] }, { owner: ['b'], type: ['Certificate'] }), [0]);
    assert.equal(shadowed({ tag: ['a', 'b'] }, { tag: ['a'] }), null);
    assert.equal(shadowed({ owner: ['a'] }, { owner: ['a', 'b'] }), null);
    assert.equal(shadowed({ owner: ['a'] }, {}), null);
    assert.deepEqual(shadowed({}, { uid: ['k'] }), [0]);
  });

  it('can never match if those before it take all of its keys together', () => {
    const rules = [
      rule({ type: ['SymmetricKey'] }),
      rule({ type: ['PrivateKey'] }),
      rule({ type: ['Certificate'] }),
      rule({}),
    ];
    assert.deepEqual(shadowedBy(rules, 3), [0, 1, 2]);
    assert.equal(shadowedBy(rules.slice(1), 2), null);
  });

  const some = (values: readonly string[]) =>
    fc.option(fc.subarray([...values], { minLength: 1 }), { nil: undefined });
  const selectors: fc.Arbitrary<Selectors> = fc.record({
    tag: some(['a', 'b']),
    owner: some(['x', 'y']),
    type: some(ROTATABLE_TYPES),
    algorithm: some(['AES', 'RSA']),
  });
  const properties: fc.Arbitrary<ObjectProperties> = fc.record({
    uid: fc.constant('k'),
    owner: fc.constantFrom('x', 'y', 'z'),
    objectType: fc.constantFrom(...ROTATABLE_TYPES),
    algorithm: fc.constantFrom('AES', 'RSA', 'EC'),
    tags: fc.subarray(['a', 'b', 'c']),
  });

  it('that is shadowed is never the first to match, whatever the key', () => {
    fc.assert(
      fc.property(fc.array(selectors, { minLength: 2, maxLength: 6 }), properties, (list, key) => {
        const rules = list.map((one) => rule(one));
        const [first] = matchingRules(rules, key);
        assert.ok(first === undefined || shadowedBy(rules, first) === null);
      }),
      { numRuns: 2000 },
    );
  });
});
