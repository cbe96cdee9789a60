// What is wrong with the dates of an object, by its state, its dates and its deadline.
import assert from 'node:assert/strict';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import type { RotationCandidate } from '../../src/rotation/candidate.js';
import {
  dateViolationsOf,
  type CertificateDates,
  type DateViolationName,
} from '../../src/rotation/date-violations.js';
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
  readonly certificate?: CertificateDates;
}

function found({ members = {}, row = {}, candidate = {}, certificate }: Case) {
  const one = aCandidate(aSymmetricKey({}, members, row), candidate);
  const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
  const options = { now: NOW, certificate: certificate ?? null };
  return dateViolationsOf(one, evaluate(one, terms, null, options.certificate), options);
}

const valid = (notAfter: number, issuerEnd?: number): CertificateDates => ({
  notBefore: JANUARY,
  notAfter,
  issuer: issuerEnd === undefined ? null : { uid: 'root', notAfter: issuerEnd },
});
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
    ['a certificate that is renewed before its end', [], { certificate: valid(DEADLINE + 1) }],
    [
      'a certificate that ends at the deadline of its policy',
      ['interval-too-long'],
      { certificate: valid(DEADLINE) },
    ],
    [
      'a certificate whose interval is its validity, renewed early by an offset',
      ['interval-too-long'],
      { members: { RotateOffset: DAY }, certificate: valid(DEADLINE) },
    ],
    [
      'a certificate that ends without a policy',
      [],
      { members: { RotateInterval: 0 }, certificate: valid(NOW + 1) },
    ],
    ['a certificate that has ended', [], { certificate: valid(NOW) }],
    [
      'a certificate that ends with its issuer, before its policy',
      ['ending'],
      { certificate: valid(DEADLINE, DEADLINE) },
    ],
    [
      'a certificate that ends with its issuer, after its policy',
      [],
      { certificate: valid(DEADLINE + 1, DEADLINE + 1) },
    ],
    [
      'a certificate that ends before its policy and its issuer',
      ['interval-too-long'],
      { certificate: valid(DEADLINE, DEADLINE + 1) },
    ],
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

  it('says when a certificate is renewed whose interval is too long', () => {
    const [own] = found({ certificate: valid(JANUARY + 30 * DAY) });
    assert.equal(
      own?.detail,
      'its interval, 30 d, is not shorter than its validity, 30 d: it is renewed before it ends, next at 2026-01-30T08:00:00Z',
    );
    const [ending] = found({ certificate: valid(DEADLINE, DEADLINE) });
    assert.match(ending?.detail ?? '', /issuer, "root": that one must be renewed first$/);
  });
});
