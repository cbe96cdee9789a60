// What shows that somebody uses a replacement whose rotation was never finished. Use by its uid alone leaves no trace.
import type { JsonValue } from '../../kmip/json.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { Leftover } from './unfinished-rotation.js';

/** Returns the traces of use, in words; with `wrapping` left out, those that no re-wrapping takes away. */
export function usesOfLeftover(
  leftover: Leftover,
  replaced: ManagedObject,
  { wrapping }: { readonly wrapping: boolean },
): readonly string[] {
  const { made, live, wraps, linkedFrom, userTags, grants } = leftover;
  const uses = [
    wrapping && wraps > 0 && `wraps ${counted(wraps, 'object')}`,
    linkedFrom.length > 0 && `${linkedFrom.map(quoted).join(', ')} links to it`,
    live !== made && `was replaced by ${quoted(live.key.uniqueIdentifier)}`,
    userTags.length > 0 && `has the tag ${userTags.map(quoted).join(', ')}`,
    grants > 0 && `has ${counted(grants, 'grant')}`,
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

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
