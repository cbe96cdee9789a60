// What is wrong with the dates of an object, whatever its policy: it has ended, or will before it is rotated; it was
// never activated; or its deadline counts from a date that lies ahead. Pure. `kms report` and `kms due list --explain`
// show it.
import { KmsError } from '../errors.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { DAY_SECONDS } from '../text/duration.js';
import type { RotationCandidate } from './candidate.js';
import type { Evaluation } from './eligibility.js';
import { latestMember } from './keyset.js';
import { hasEnded } from './lifecycle.js';
import { ROTATABLE_TYPES } from './policy-rules.js';

/** The most urgent first. The names are part of `kms.report/v1` and `kms.due-list/v1`. */
export const DATE_VIOLATIONS = [
  'ended',
  'keyset-ended',
  'not-activated',
  'future-date',
  'ending',
] as const;
export type DateViolationName = (typeof DATE_VIOLATIONS)[number];

export interface DateViolation {
  readonly name: DateViolationName;
  readonly detail: string;
}

export interface DateViolationOptions {
  readonly now: EpochSeconds;
  /** When a certificate ends. */
  readonly notAfter: EpochSeconds | null;
}

/** How far ahead the Deactivation Date of an object without a deadline is reported. */
const NEAR_SECONDS = 30 * DAY_SECONDS;

/** Clocks of servers differ: a date within this time is not ahead. */
const CLOCK_TOLERANCE_SECONDS = 300;

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
  const found: Record<DateViolationName, string | null> = {
    ended: endedDetail(object, options),
    'keyset-ended': keysetEndedDetail(object, candidate),
    'not-activated': notActivatedDetail(object, options),
    'future-date': futureDateDetail(object, evaluation, options),
    ending: endingDetail(object, evaluation, options),
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
  if (state !== 'Active' || deadline === null) return null;
  const date = rotateDate ?? initialDate;
  if (date === null || date <= now + CLOCK_TOLERANCE_SECONDS) return null;
  const what = rotateDate === null ? 'Initial Date' : 'Rotate Date';
  return `its ${what}, ${formatInstant(date)}, lies ahead: no run rotates it before ${formatInstant(deadline.at)}`;
}

function endingDetail(
  { state, attributes: { deactivationDate } }: ManagedObject,
  { deadline }: Evaluation,
  { now, notAfter }: DateViolationOptions,
): string | null {
  if (state !== 'Active') return null;
  // It has no policy. `kms warnings` and `due list --expiring` show certificates, but nothing else shows keys.
  if (deadline === null) {
    if (deactivationDate === null || deactivationDate <= now) return null;
    if (deactivationDate - now > NEAR_SECONDS) return null;
    return `ends at ${formatInstant(deactivationDate)} by its Deactivation Date`;
  }
  const end = Math.min(deactivationDate ?? Infinity, notAfter ?? Infinity);
  if (end <= now || end === Infinity) return null;
  const by = end === deactivationDate ? ' by its Deactivation Date' : '';
  if (deadline.at < end) return null;
  return `ends at ${formatInstant(end)}${by}, before its rotation at ${formatInstant(deadline.at)}`;
}
