// Dates that contradict a state, or the clock: notes, as only people know which of the two is meant.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { CLOCK_TOLERANCE_SECONDS } from '../rotation/date-violations.js';
import { hasEnded } from '../rotation/lifecycle.js';
import { replacementUidOf } from '../rotation/related-objects.js';
import { toldFinding, type Finding } from './finding.js';
import { quoted } from '../text/phrases.js';

export function contradictionFindings(
  objects: readonly ManagedObject[],
  now: EpochSeconds,
): readonly Finding[] {
  // What was replaced stays usable until its date, and a server sets its state only when somebody asks for it.
  const current = objects.filter((object) => replacementUidOf(object) === null);
  return current.flatMap((object) => {
    const found = contradictionOf(object, now);
    if (found === null) return [];
    const uid = object.uniqueIdentifier;
    return [
      toldFinding({
        code: 'contradiction',
        severity: 'note',
        uids: [uid],
        message: `${quoted(uid)} ${found.what}`,
        repair: `nothing: ${found.operation}`,
        why: 'only people know which of the two is meant',
      }),
    ];
  });
}

interface Contradiction {
  readonly what: string;
  /** The server's, that sets it right. */
  readonly operation: string;
}

function contradictionOf(object: ManagedObject, now: EpochSeconds): Contradiction | null {
  const { state, attributes } = object;
  const { deactivationDate, activationDate, rotateDate } = attributes;
  if (deactivationDate !== null && hasEnded(object, now))
    return {
      what: `is Active, though its Deactivation Date, ${formatInstant(deactivationDate)}, has passed`,
      operation: 'deactivate it with Revoke, or move the date with SetAttribute',
    };
  if (state === 'PreActive' && activationDate !== null && activationDate <= now)
    return {
      what: `is PreActive, though its Activation Date, ${formatInstant(activationDate)}, has passed`,
      operation: 'activate it with Activate, or move the date with SetAttribute',
    };
  if (state === 'Active' && rotateDate !== null && rotateDate > now + CLOCK_TOLERANCE_SECONDS)
    return {
      what: `was last rotated in the future, at ${formatInstant(rotateDate)}`,
      operation: 'correct its Rotate Date with SetAttribute: its deadline counts from there',
    };
  return null;
}
