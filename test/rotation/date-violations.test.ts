// What is wrong with the dates of an object, by its state, its dates and its deadline.
import assert from 'node:assert/strict';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import type { RotationCandidate } from '../../src/rotation/candidate.js';
import { dateViolationsOf, type DateViolationName } from '../../src/rotation/date-violations.js';
import { evaluate } from '../../src/rotation/eligibility.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../support/symmetric-keys.js';
import { aCandidate } from '../support/candidates.js';

/** The deadline of a key of 30 days. */
const DEADLINE = JANUARY + 30 * DAY;
const NOW = JANUARY + 10 * DAY;

interface Case {
  readonly members?: Record<string, unknown>;
  readonly row?: Partial<ObjectRow>;
  readonly candidate?: Partial<RotationCandidate>;
  readonly notAfter?: number;
}

function found({ members = {}, row = {}, candidate = {}, notAfter }: Case) {
  const one = aCandidate(aSymmetricKey({}, members, row), candidate);
  const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
  const options = { now: NOW, notAfter: notAfter ?? null };
  return dateViolationsOf(one, evaluate(one, terms, null), options);
}

const on = (member: string, instant: number) => ({ [member]: dateOf(instant) });
const KEYSET = { RotateName: 'set', RotateGeneration: 1 };
const generation = (uid: string, number: number) => ({ uid, owner: null, generation: number });
const LATEST = { keyset: [generation('set@0', 0), generation('key-1', 1)] };
const preActive = { state: 'PreActive' };
const deactivated = { state: 'Deactivated' };

describe('what is wrong with the dates of a key', () => {
  for (const [title, expected, one] of [
    ['a key that is rotated before anything ends', [], {}],
    ['an end that passes now', ['ended'], { members: on('DeactivationDate', NOW) }],
    ['an end that passed long ago', ['ended'], { members: on('DeactivationDate', JANUARY + 1) }],
    [
      'an end that passed, of a key without a policy',
      ['ended'],
      { members: { ...on('DeactivationDate', NOW - DAY), RotateInterval: 0 } },
    ],
    [
      'an end that passed, of a key that was replaced',
      [],
      { members: on('DeactivationDate', NOW), candidate: { replacedBy: 'key-2' } },
    ],
    [
      'an end that passed, of a key that is Deactivated',
      [],
      { members: on('DeactivationDate', NOW - DAY), row: deactivated },
    ],
    ['an end after the deadline', [], { members: on('DeactivationDate', DEADLINE + 1) }],
    ['an end at the deadline', ['ending'], { members: on('DeactivationDate', DEADLINE) }],
    ['an end before the deadline', ['ending'], { members: on('DeactivationDate', NOW + 1) }],
    [
      'a near end without a deadline',
      ['ending'],
      { members: { ...on('DeactivationDate', NOW + 30 * DAY), RotateInterval: 0 } },
    ],
    [
      'a far end without a deadline',
      [],
      { members: { ...on('DeactivationDate', NOW + 31 * DAY), RotateInterval: 0 } },
    ],
    [
      'a certificate that ends, without a deadline',
      [],
      { members: { RotateInterval: 0 }, notAfter: NOW + 1 },
    ],
    ['a certificate that ends before the deadline', ['ending'], { notAfter: DEADLINE }],
    ['a certificate that ends after it', [], { notAfter: DEADLINE + 1 }],
    ['a certificate that has ended', [], { notAfter: NOW }],
    [
      'PreActive, activated now',
      ['not-activated'],
      { members: on('ActivationDate', NOW), row: preActive },
    ],
    ['PreActive, to be activated', [], { members: on('ActivationDate', NOW + 1), row: preActive }],
    ['PreActive for ever', [], { members: { ActivationDate: null }, row: preActive }],
    [
      'a Rotate Date of 2099',
      ['future-date'],
      { members: { RotateDate: [2099, 1, 0, 0, 0, 0, 0, 0, 0] } },
    ],
    ['an Initial Date that lies ahead', ['future-date'], { members: on('InitialDate', NOW + 301) }],
    ['a clock that is a little fast', [], { members: on('RotateDate', NOW + 300) }],
    [
      'a Rotate Date that lies ahead, without a policy',
      [],
      { members: { ...on('RotateDate', NOW + DAY), RotateInterval: 0 } },
    ],
    [
      'the latest of a keyset, Deactivated',
      ['keyset-ended'],
      { members: KEYSET, row: deactivated, candidate: LATEST },
    ],
    [
      'the latest of a keyset, Compromised',
      ['keyset-ended'],
      { members: KEYSET, row: { state: 'Compromised' }, candidate: LATEST },
    ],
    [
      'an earlier one of a keyset',
      [],
      {
        members: KEYSET,
        row: deactivated,
        candidate: { keyset: [generation('key-1', 1), generation('set@2', 2)] },
      },
    ],
    [
      'the latest of a keyset that is no longer to be rotated',
      [],
      { members: { ...KEYSET, RotateInterval: 0 }, row: deactivated, candidate: LATEST },
    ],
    [
      'the latest of a keyset, Destroyed',
      [],
      { members: KEYSET, row: { state: 'Destroyed' }, candidate: LATEST },
    ],
    ['a key that is Deactivated outside a keyset', [], { row: deactivated }],
  ] as readonly (readonly [string, readonly DateViolationName[], Case])[]) {
    it(`${title}: ${expected.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(
        found(one).map(({ name }) => name),
        expected,
      );
    });
  }

  it('names the dates', () => {
    const [ended] = found({ members: on('DeactivationDate', NOW) });
    assert.match(ended?.detail ?? '', /^ended at 2026-01-20T08:00:00Z by its Deactivation Date/);
    const [ending] = found({ members: on('DeactivationDate', NOW + DAY) });
    assert.match(ending?.detail ?? '', /^ends at 2026-01-21T.* before its rotation at 2026-02-09T/);
  });
});
