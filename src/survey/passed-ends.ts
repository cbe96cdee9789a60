// Objects that are Active after their end: certificates by their own bytes, others by their Deactivation Date.
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { readableAttributes } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { EvaluationOptions } from '../rotation/eligibility.js';
import { exclusionOfCandidate, isPassedOver } from '../rotation/exclusion.js';
import { hasEnded } from '../rotation/lifecycle.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';
import { readableValidityOf } from './certificate-validity.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

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

/**
 * Yields Active objects whose Deactivation Date has passed, with a policy or without, the longest ended first, and at
 * most so many; none that names a replacement, and no public key, as a run has nothing to say of those.
 */
export async function* endedByDate(
  store: Pick<Store, 'findEnding' | 'load'>,
  { now, most }: { readonly now: EpochSeconds; readonly most: number },
  filters: SurveyFilters,
): AsyncGenerator<RotationCandidate> {
  let room = most;
  for await (const page of store.findEnding(now, filters)) {
    const uids = page
      .filter((foundRow) => passesFilters(foundRow, filters) && hasEndedByDate(foundRow, now))
      .map(({ id }) => id)
      .slice(0, room);
    yield* await store.load(uids);
    room -= uids.length;
    if (room === 0) return;
  }
}

/** Leaves out what its attributes alone say, so that few objects are loaded: those with a Protect Stop Date are in use. */
function hasEndedByDate({ id, attributes: text }: FoundRow, now: EpochSeconds): boolean {
  const attributes = readableAttributes(id, text);
  if (attributes === null || attributes.objectType === 'PublicKey') return false;
  const { deactivationDate } = attributes;
  if (deactivationDate === null || deactivationDate > now) return false;
  return linkTo(attributes, 'ReplacementObjectLink') === null;
}
