// Whether any generation of a keyset can still protect: encrypt, sign, wrap. If none can, whoever uses the keyset by its
// name fails. Pure. date-violations.ts reports it, survey/near-deadlines.ts warns of it.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { quoted } from '../text/phrases.js';
import type { RotationCandidate } from './candidate.js';
import type { Validity } from './deadline.js';
import { endsOf, type EndRule } from './ends.js';
import { latestMember, type KeysetMember } from './keyset.js';

export interface UnusableKeyset {
  /** When the latest generation ended, or else when it was made; null if nothing says. */
  readonly since: EpochSeconds | null;
  readonly detail: string;
}

/**
 * Returns why no generation of a keyset can protect, if this object is its latest; else null. Who deactivates the latest
 * generation and clears its policy has ended the keyset, so that is not reported.
 */
export function unusableKeysetOf(
  object: ManagedObject,
  { keyset }: Pick<RotationCandidate, 'keyset'>,
  { now, certificate }: { readonly now: EpochSeconds; readonly certificate: Validity | null },
): UnusableKeyset | null {
  const { rotateName } = object.attributes;
  if (rotateName === null || latestMember(keyset)?.uid !== object.uniqueIdentifier) return null;
  const ended = endedBy(object, certificate, now);
  const isStopped = object.state === 'Deactivated' || object.state === 'Compromised';
  if (isStopped ? declinesRotation(object.attributes.members) !== null : ended === null)
    return null;
  const others = keyset.filter(({ uid }) => uid !== object.uniqueIdentifier);
  if (others.some((member) => canProtect(member, now))) return null;
  const why = isStopped ? `is ${object.state}` : (ended?.why ?? '');
  return {
    since: isStopped ? stoppedAt(object, now) : (ended?.at ?? null),
    detail: `no generation of the keyset ${quoted(rotateName)} can protect: the latest ${why}; kms rotate key makes the next one, kms policy clear ends the keyset`,
  };
}

const NAMES: Readonly<Record<Exclude<EndRule, 'usage-limit'>, string>> = {
  'before-deactivation': ' by its Deactivation Date',
  'before-protect-stop': ' by its Protect Stop Date',
  'before-certificate-end': '',
};

/** Returns the first end that an Active object has passed. */
function endedBy(
  { state, attributes: { members } }: ManagedObject,
  validity: Validity | null,
  now: EpochSeconds,
): { readonly at: EpochSeconds; readonly why: string } | null {
  if (state !== 'Active') return null;
  const [first] = endsOf({ members, counterpart: null, validity })
    .filter(({ at }) => at <= now)
    .sort((one, other) => one.at - other.at);
  if (first === undefined) return null;
  return { at: first.at, why: `ended at ${formatInstant(first.at)}${NAMES[first.rule]}` };
}

/** A Compromised object may have a Deactivation Date that lies ahead. */
function stoppedAt({ attributes }: ManagedObject, now: EpochSeconds): EpochSeconds | null {
  const { deactivationDate, rotateDate, initialDate } = attributes;
  return [deactivationDate, rotateDate, initialDate].find((at) => at !== null && at <= now) ?? null;
}

/** Of an earlier certificate only its state and dates are known: what is left Active counts as usable. */
function canProtect({ state, protectsUntil }: KeysetMember, now: EpochSeconds): boolean {
  return state === 'Active' && (protectsUntil === null || protectsUntil > now);
}
