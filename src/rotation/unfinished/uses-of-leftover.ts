// What shows that somebody uses a replacement whose rotation was never finished. Use by its uid alone leaves no trace.
import type { JsonValue } from '../../kmip/json.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { declinesRotation } from '../../kmip/rotation-policy.js';
import {
  objectsOf,
  type Generation,
  type Leftover,
  type UnfinishedRotation,
} from './unfinished-rotation.js';
import { counted, quoted } from '../../text/phrases.js';

/** No proof by itself: the replaced object may have been renamed since. */
export const OWN_NAME = 'has a name of its own';

/** Returns the traces of use, in words; with `wrapping` left out, those that no re-wrapping takes away. */
export function usesOfLeftover(
  leftover: Leftover,
  { replaced: generation, successor }: Pick<UnfinishedRotation, 'replaced' | 'successor'>,
  { wrapping }: { readonly wrapping: boolean },
): readonly string[] {
  const { made, live, wraps, linkedFrom, userTags, grants } = leftover;
  const { key: replaced } = generation;
  const uses = [
    wrapping && wraps > 0 && `wraps ${counted(wraps, 'object')}`,
    linkedFrom.length > 0 && `${linkedFrom.map(quoted).join(', ')} links to it`,
    live !== made && `was replaced by ${quoted(live.key.uniqueIdentifier)}`,
    userTags.length > 0 && `has the tag ${userTags.map(quoted).join(', ')}`,
    grants > 0 && `has ${counted(grants, 'grant')}`,
    isArmed(made.key) && 'has a rotation policy of its own',
    hasOwnName(made, [generation, ...(successor?.chain ?? [])]) && OWN_NAME,
    wasRead(made.key) && !wasRead(replaced) && 'was read (Fresh is false)',
    limitOf(made.key) < limitOf(replaced) && 'was counted down (Usage Limits)',
  ];
  return uses.filter((use) => use !== false);
}

/** Says whether its Usage Limits are above those that it was made from, as no server leaves them. */
export function hasGreaterLimits({ made }: Leftover, replaced: ManagedObject): boolean {
  const [own, other] = [limitOf(made.key), limitOf(replaced)];
  return Number.isFinite(other) && own > other;
}

/** No server arms a replacement before it has retired the replaced object (storage format §6.1). */
function isArmed({ attributes }: ManagedObject): boolean {
  return declinesRotation(attributes.members) === null;
}

/** A rotation copies names, and the name of a keyset; the next rotation of the replaced object may have moved them on. */
function hasOwnName(made: Generation, others: readonly Generation[]): boolean {
  const given = others.flatMap(namesOf);
  const { rotateName } = made.key.attributes;
  const isGiven = others.some(({ key }) => key.attributes.rotateName === rotateName);
  return !isGiven || namesOf(made).some((name) => !given.includes(name));
}

function namesOf(generation: Generation): readonly string[] {
  return objectsOf(generation).flatMap(({ attributes }) => attributes.names);
}

/** The first Get or Export of a symmetric key stores it; a rotation copies it (storage format §1.8). */
function wasRead({ attributes, keyBlock }: ManagedObject): boolean {
  const embedded = keyBlock?.attributes?.members['Fresh'];
  return attributes.members['Fresh'] === false || embedded === false;
}

/** Infinite for an object without limits. */
function limitOf({ attributes }: ManagedObject): number {
  const total: JsonValue | undefined = attributes.usageLimits?.['UsageLimitsTotal'];
  return typeof total === 'number' || typeof total === 'bigint' ? Number(total) : Infinity;
}
