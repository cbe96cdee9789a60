// Objects that are Active after their end: certificates by their own bytes, others by their Deactivation Date.
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { EvaluationOptions } from '../rotation/eligibility.js';
import { exclusionOfCandidate, isPassedOver } from '../rotation/exclusion.js';
import { hasEnded } from '../rotation/lifecycle.js';
import { readableValidityOf } from './certificate-validity.js';

export interface PassedEnd {
  readonly by: 'Deactivation Date' | 'not after';
  readonly at: EpochSeconds;
}

/** Returns the end that an object in use has passed; null if there is none, or a run has nothing to say of the object. */
export function passedEndOf(
  candidate: RotationCandidate,
  options: Pick<EvaluationOptions, 'now' | 'hsm'>,
): PassedEnd | null {
  const { object, row } = candidate;
  if (object instanceof KmsError || row.state !== 'Active') return null;
  if (isPassedOver(exclusionOfCandidate(candidate), options)) return null;
  const { deactivationDate } = object.attributes;
  if (deactivationDate !== null && hasEnded(object, options.now)) {
    return { by: 'Deactivation Date', at: deactivationDate };
  }
  const validity = readableValidityOf(object);
  if (validity === null || validity.notAfter >= options.now) return null;
  return { by: 'not after', at: validity.notAfter };
}
