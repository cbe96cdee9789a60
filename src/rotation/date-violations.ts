// What is wrong with the dates of an object, whatever its policy: it has ended, or will before it is rotated; it was
// never activated; or its deadline counts from a date that lies ahead. Pure. `kms report` and `kms due list --explain`
// show it.
import { KmsError } from '../errors.js';
import { formatInstant, LAST_INSTANT, type EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { DAY_SECONDS, formatDuration } from '../text/duration.js';
import type { RotationCandidate } from './candidate.js';
import type { Deadline, Validity } from './deadline.js';
import type { Evaluation } from './eligibility.js';
import { latestMember } from './keyset.js';
import { hasEnded } from './lifecycle.js';
import { ROTATABLE_TYPES } from './policy-rules.js';
import { unusableKeysetOf } from './usable-generation.js';

/**
 * The most urgent first. The names are part of `kms.report/v1` and `kms.due-list/v1`. `interval-too-long` is a remark: it
 * is how one says that a certificate is to be renewed only before its end.
 */
const DATE_VIOLATIONS = [
  'no-usable-generation',
  'ended',
  'keyset-ended',
  'not-activated',
  'future-date',
  'unrenewable-end',
  'ending',
  'interval-too-long',
] as const;
export type DateViolationName = (typeof DATE_VIOLATIONS)[number];

export interface DateViolation {
  readonly name: DateViolationName;
  readonly detail: string;
}

/** The validity of a certificate, and when the certificate of its issuer ends. */
export interface CertificateDates extends Validity {
  /** Null if it signs itself, or its issuer is not in the store. */
  readonly issuer: { readonly uid: string; readonly notAfter: EpochSeconds } | null;
}

export interface DateViolationOptions {
  readonly now: EpochSeconds;
  /** Null for what is no certificate, or cannot be read. */
  readonly certificate: CertificateDates | null;
}

/** How far ahead the Deactivation Date of an object without a deadline is reported. */
const NEAR_SECONDS = 30 * DAY_SECONDS;

/** Clocks of servers differ: a date within this time is not ahead. */
export const CLOCK_TOLERANCE_SECONDS = 300;

/** Returns what is wrong with the dates of an object that a run may rotate, the most urgent first. */
export function dateViolationsOf(
  candidate: RotationCandidate,
  evaluation: Evaluation,
  options: DateViolationOptions,
): readonly DateViolation[] {
  const { object, replacedBy } = candidate;
  if (object instanceof KmsError || replacedBy !== null) return [];
  if (evaluation.eligibility === 'hsm-resident') return [];
  if (!ROTATABLE_TYPES.some((type) => type === object.objectType)) return [];
  const unusable = unusableKeysetOf(object, candidate, options);
  const found: Record<DateViolationName, string | null> = {
    'no-usable-generation': unusable?.detail ?? null,
    // What ended the latest generation is a part of the above.
    ended: unusable === null ? endedDetail(object, options) : null,
    'keyset-ended': unusable === null ? keysetEndedDetail(object, candidate) : null,
    'not-activated': notActivatedDetail(object, options),
    'future-date': futureDateDetail(object, evaluation, options),
    'unrenewable-end': unrenewableDetail(object, evaluation, options),
    ending: endingDetail(object, evaluation, options),
    'interval-too-long': tooLongDetail(object, evaluation, options),
  };
  return DATE_VIOLATIONS.flatMap((name) => {
    const detail = found[name];
    return detail === null ? [] : [{ name, detail }];
  });
}

function endedDetail(object: ManagedObject, { now }: DateViolationOptions): string | null {
  const { deactivationDate } = object.attributes;
  if (deactivationDate === null || !hasEnded(object, now)) return null;
  return `ended at ${formatInstant(deactivationDate)} by its Deactivation Date, though its state is Active`;
}

/** A keyset that is still to be rotated, but has no generation that could be. */
function keysetEndedDetail(
  { state, attributes, uniqueIdentifier }: ManagedObject,
  { keyset }: RotationCandidate,
): string | null {
  const { rotateName, members } = attributes;
  if (rotateName === null || (state !== 'Deactivated' && state !== 'Compromised')) return null;
  if (declinesRotation(members) !== null) return null;
  if (latestMember(keyset)?.uid !== uniqueIdentifier) return null;
  return `the latest generation of the keyset ${JSON.stringify(rotateName)} is ${state}, so no run rotates it: kms rotate key makes the next one, kms policy clear ends it`;
}

function notActivatedDetail(
  { state, attributes: { activationDate } }: ManagedObject,
  { now }: DateViolationOptions,
): string | null {
  if (state !== 'PreActive' || activationDate === null || activationDate > now) return null;
  return `still PreActive, though its Activation Date, ${formatInstant(activationDate)}, has passed: no run rotates it until it is Active`;
}

function futureDateDetail(
  { state, attributes: { rotateDate, initialDate } }: ManagedObject,
  { deadline }: Evaluation,
  { now }: DateViolationOptions,
): string | null {
  const at = deadline?.at ?? null;
  if (state !== 'Active' || at === null) return null;
  const date = rotateDate ?? initialDate;
  if (date === null || date <= now + CLOCK_TOLERANCE_SECONDS) return null;
  const what = rotateDate === null ? 'Initial Date' : 'Rotate Date';
  return `its ${what}, ${formatInstant(date)}, is in the future: no run rotates it before ${formatInstant(at)}`;
}

/** What a rotation would not put off, so no run makes one for it. */
function unrenewableDetail(
  { state }: ManagedObject,
  { deadline, unavoidable }: Evaluation,
  { now, certificate }: DateViolationOptions,
): string | null {
  if (state !== 'Active' || unavoidable === null || unavoidable === undefined) return null;
  if (unavoidable.rule !== 'before-certificate-end') return unavoidable.why;
  if (certificate === null || certificate.notAfter <= now) return null;
  const { notAfter, issuer } = certificate;
  if (deadline?.at !== null && deadline !== null && deadline.at < notAfter) return null;
  if (issuer === null || issuer.notAfter > notAfter) return unavoidable.why;
  return `ends at ${formatInstant(notAfter)}, with the certificate of its issuer, ${JSON.stringify(issuer.uid)}: that one must be renewed first`;
}

function endingDetail(
  { state, attributes: { deactivationDate } }: ManagedObject,
  { deadline }: Evaluation,
  { now }: DateViolationOptions,
): string | null {
  if (state !== 'Active' || deactivationDate === null || deactivationDate <= now) return null;
  // What has a deadline is rotated before it ends.
  if (deadline !== null || deactivationDate - now > NEAR_SECONDS) return null;
  return `ends at ${formatInstant(deactivationDate)} by its Deactivation Date`;
}

function tooLongDetail(
  object: ManagedObject,
  evaluation: Evaluation,
  options: DateViolationOptions,
): string | null {
  const { state, attributes } = object;
  const { certificate, now } = options;
  const { deadline } = evaluation;
  if (state !== 'Active' || certificate === null || certificate.notAfter <= now) return null;
  if (unrenewableDetail(object, evaluation, options) !== null) return null;
  return longIntervalDetail(attributes.rotateInterval ?? 0, deadline, certificate);
}

/** Returns what to say of an interval that is not over before a certificate ends; else null. */
export function longIntervalDetail(
  intervalSeconds: number,
  deadline: Deadline | null,
  { notBefore, notAfter }: Validity,
): string | null {
  const validity = notAfter - notBefore;
  if (deadline === null || notAfter >= LAST_INSTANT || intervalSeconds < validity) return null;
  const next = deadline.at === null ? '' : `, next at ${formatInstant(deadline.at)}`;
  return `its interval, ${formatDuration(intervalSeconds)}, is not shorter than its validity, ${formatDuration(validity)}: it is renewed only before it ends${next}`;
}
