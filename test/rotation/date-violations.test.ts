// What is wrong with the dates of an object, by its state, its dates and its deadline.
import assert from 'node:assert/strict';
import type { JsonObject } from '../../src/kmip/json.js';
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

interface More {
  readonly row?: Partial<ObjectRow>;
  readonly candidate?: Partial<RotationCandidate>;
  readonly certificate?: CertificateDates;
}

function found(members: JsonObject, { row = {}, candidate = {}, certificate }: More = {}) {
  const one = aCandidate(aSymmetricKey({}, members, row), candidate);
  const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
  const options = { now: NOW, certificate: certificate ?? null };
  return dateViolationsOf(one, evaluate(one, terms, null, options.certificate), options);
}

/** A certificate that ends then, and with it or later the one of its issuer. */
const certificate = (notAfter: number, issuerEnd?: number) => {
  const issuer = issuerEnd === undefined ? null : { uid: 'root', notAfter: issuerEnd };
  return { certificate: { notBefore: JANUARY, notAfter, issuer } };
};
const on = (member: string, instant: number) => ({ [member]: dateOf(instant) });
const ends = (instant: number) => on('DeactivationDate', instant);
const stops = (instant: number) => on('ProtectStopDate', instant);
const activates = (instant: number) => on('ActivationDate', instant);
const UNARMED = { RotateInterval: 0 };
const IN_2099 = { RotateDate: [2099, 1, 0, 0, 0, 0, 0, 0, 0] };
const KEYSET = { RotateName: 'set', RotateGeneration: 1 };
const generation = (
  uid: string,
  number: number,
  state = 'Deactivated',
  protectsUntil: number | null = null,
) => ({ uid, owner: null, generation: number, state, protectsUntil });
const inState = (state: string, ...keyset: ReturnType<typeof generation>[]) => {
  return { row: { state }, candidate: { keyset } };
};
/** The certificate is the latest generation of a keyset. */
const latest = (more: Pick<More, 'certificate'>, ...keyset: ReturnType<typeof generation>[]) => {
  return { ...more, candidate: { keyset } };
};
const OLD = generation('set@0', 0);
const IN_USE = generation('set@0', 0, 'Active', NOW + 1);
const ENDED = generation('set@0', 0, 'Active', NOW);
const THIS = generation('key-1', 1);
const NOT_YET = { ...KEYSET, ActivationDate: null };
const NONE = 'no-usable-generation';
const AT_ONCE = { certificate: { notBefore: NOW + DAY, notAfter: NOW + DAY, issuer: null } };

describe('what is wrong with the dates of a key', () => {
  for (const [title, expected, members, more] of [
    ['rotated before anything ends', '', {}],
    ['an end that passes now', 'ended', ends(NOW)],
    ['an end that passed long ago', 'ended', ends(JANUARY + 1)],
    ['an end that passed, without a policy', 'ended', { ...ends(NOW - DAY), ...UNARMED }],
    ['an end that passed, replaced', '', ends(NOW), { candidate: { replacedBy: 'key-2' } }],
    ['an end that passed, Deactivated', '', ends(NOW - DAY), inState('Deactivated')],
    ['an end after the deadline', '', ends(DEADLINE + 1)],
    ['an end at the deadline, before which it is rotated', '', ends(DEADLINE)],
    ['an end before the deadline', '', ends(NOW + 1)],
    ['a near end without a deadline', 'ending', { ...ends(NOW + 30 * DAY), ...UNARMED }],
    ['a far end without a deadline', '', { ...ends(NOW + 31 * DAY), ...UNARMED }],
    ['a certificate renewed before its end', '', {}, certificate(DEADLINE + 1)],
    ['a certificate that ends at its deadline', 'interval-too-long', {}, certificate(DEADLINE)],
    ['and has an offset', 'interval-too-long', { RotateOffset: DAY }, certificate(DEADLINE)],
    ['a certificate that ends without a policy', '', UNARMED, certificate(NOW + 1)],
    ['a certificate that has ended', '', {}, certificate(NOW)],
    [
      'a certificate that ends with its issuer',
      'unrenewable-end',
      {},
      certificate(DEADLINE, DEADLINE),
    ],
    ['and after its policy', '', {}, certificate(DEADLINE + 1, DEADLINE + 1)],
    ['and before its issuer', 'interval-too-long', {}, certificate(DEADLINE, DEADLINE + 1)],
    [
      'a budget that no rotation restores',
      'unrenewable-end',
      { UsageLimits: { UsageLimitsTotal: 0 } },
    ],
    ['PreActive, activated now', 'not-activated', activates(NOW), inState('PreActive')],
    ['PreActive, to be activated', '', activates(NOW + 1), inState('PreActive')],
    ['PreActive for ever', '', { ActivationDate: null }, inState('PreActive')],
    ['a Rotate Date of 2099', 'future-date', IN_2099],
    ['an Initial Date that lies ahead', 'future-date', on('InitialDate', NOW + 301)],
    ['a clock that is a little fast', '', on('RotateDate', NOW + 300)],
    ['a Rotate Date ahead, unarmed', '', { ...on('RotateDate', NOW + DAY), ...UNARMED }],
    ['the latest of a keyset', NONE, KEYSET, inState('Deactivated', OLD, THIS)],
    ['the latest, Compromised', NONE, KEYSET, inState('Compromised', OLD, THIS)],
    ['one before it in use', 'keyset-ended', KEYSET, inState('Deactivated', IN_USE, THIS)],
    ['one before it ended', NONE, KEYSET, inState('Deactivated', ENDED, THIS)],
    ['the latest, ended', NONE, { ...KEYSET, ...ends(NOW) }, inState('Active', OLD, THIS)],
    ['and unarmed', NONE, { ...KEYSET, ...UNARMED, ...ends(NOW) }, inState('Active', OLD, THIS)],
    ['and one in use', 'ended', { ...KEYSET, ...ends(NOW) }, inState('Active', IN_USE, THIS)],
    ['no longer to protect', NONE, { ...KEYSET, ...stops(NOW) }, inState('Active', OLD, THIS)],
    [
      'to protect a second more',
      '',
      { ...KEYSET, ...stops(NOW + 1) },
      inState('Active', OLD, THIS),
    ],
    ['a certificate, ended', NONE, KEYSET, latest(certificate(NOW), OLD, THIS)],
    ['a certificate that begins as it ends', 'unrenewable-end', {}, AT_ONCE],
    ['PreActive, ended', '', { ...NOT_YET, ...ends(NOW) }, inState('PreActive', OLD, THIS)],
    ['an earlier one', '', KEYSET, inState('Deactivated', THIS, generation('set@2', 2))],
    ['the latest, unarmed', '', { ...KEYSET, ...UNARMED }, inState('Deactivated', OLD, THIS)],
    ['the latest, Destroyed', '', KEYSET, inState('Destroyed', OLD, THIS)],
    ['Deactivated, outside a keyset', '', {}, inState('Deactivated')],
  ] as readonly (readonly [string, DateViolationName | '', JsonObject, More?])[]) {
    it(`${title}: ${expected || 'nothing'}`, () => {
      assert.equal(
        found(members, more)
          .map(({ name }) => name)
          .join(),
        expected,
      );
    });
  }

  it('names the dates', () => {
    const [ended] = found(ends(NOW));
    assert.match(ended?.detail ?? '', /^ended at 2026-01-20T08:00:00Z by its Deactivation Date/);
    const [ending] = found({ ...ends(NOW + DAY), ...UNARMED });
    assert.match(ending?.detail ?? '', /^ends at 2026-01-21T.* by its Deactivation Date$/);
  });

  it('says what became of the latest generation of a keyset that nobody can use', () => {
    const [stopped] = found(KEYSET, inState('Deactivated', OLD, THIS));
    assert.match(stopped?.detail ?? '', /"set" can protect: the latest is Deactivated; kms rotate/);
    const [ended] = found({ ...KEYSET, ...stops(NOW) }, inState('Active', OLD, THIS));
    assert.match(ended?.detail ?? '', /the latest ended at .*Z by its Protect Stop Date; kms/);
  });

  it('says when a certificate is renewed whose interval is too long', () => {
    const [own] = found({}, certificate(JANUARY + 30 * DAY));
    assert.equal(
      own?.detail,
      'its interval, 30 d, is not shorter than its validity, 30 d: it is renewed only before it ends, next at 2026-02-06T08:00:00Z',
    );
    const [ending] = found({}, certificate(DEADLINE, DEADLINE));
    assert.match(ending?.detail ?? '', /issuer, "root": that one must be renewed first$/);
  });
});
