// Overlap: a replaced object may stay Active for a while, so that clients that still name it are not cut off. Until when,
// and whether its row says so. flows/ makes the rows, run/overlaps/ ends an overlap.
import { LAST_INSTANT, type EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { hasEnded } from './lifecycle.js';
import type { Overlap } from './retiring-object.js';

export interface OverlapOptions {
  readonly now: EpochSeconds;
  readonly overlapSeconds: number;
  /** Whether one of the objects wraps others, or may. */
  readonly mayWrap: boolean;
  /** When the certificates among the objects end by their bytes. */
  readonly certificateEnds: readonly EpochSeconds[];
}

/**
 * Returns the overlap of an object and what is replaced with it, the object itself first; null if it has none: it must be
 * Active, and not have ended by its own date. No overlap outlasts the earliest own end of any of them.
 *
 * A server that writes a wrapping key Deactivated strands what was wrapped under it meanwhile (storage format §1.7), so
 * objects that may wrap are not dated: then kms alone ends the overlap.
 */
export function overlapOf(
  objects: readonly [ManagedObject, ...ManagedObject[]],
  { now, overlapSeconds, mayWrap, certificateEnds }: OverlapOptions,
): Overlap | null {
  const [object] = objects;
  if (overlapSeconds <= 0 || !mayStayActive(object, now)) return null;
  const ownEnds = objects
    .filter((one) => mayStayActive(one, now))
    .flatMap(({ attributes }) => attributes.deactivationDate ?? []);
  const asked = Math.min(now + overlapSeconds, LAST_INSTANT);
  const endsAt = Math.min(asked, ...ownEnds, ...certificateEnds);
  if (endsAt <= now) return null;
  return { objectUid: object.uniqueIdentifier, endsAt, isDated: !mayWrap };
}

/** Says whether an object has a use that an overlap would go on with; one that is Compromised has none. */
export function mayStayActive(object: ManagedObject, now: EpochSeconds): boolean {
  return object.state === 'Active' && !hasEnded(object, now);
}

/** Says whether the overlap of an object is over. */
export function isOver({ endsAt }: Pick<Overlap, 'endsAt'>, now: EpochSeconds): boolean {
  return endsAt <= now;
}
