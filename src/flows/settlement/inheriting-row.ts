// The row of a replacement that takes over what a rotation would have given it: the schedule, the name, the tags and the
// dates of the object that it replaces (design of a rotation: flows/replacement.ts).
import { encodeDateTime, LAST_INSTANT, type EpochSeconds } from '../../kmip/date-time.js';
import type { JsonObject, JsonValue } from '../../kmip/json.js';
import { withAttributes, type ManagedObject, type ObjectRow } from '../../kmip/managed-object.js';
import { memberReader, withMembers } from '../../kmip/members.js';
import { withTags } from '../../kmip/vendor-attributes.js';
import { datesOfReplacement } from '../../rotation/lifecycle.js';

/**
 * Returns its row with what the replaced objects have and it lacks, and the names of all; an earlier one of them counts more.
 * What it has of its own is left: somebody gave it that.
 */
export function inheritingRow(
  heir: ManagedObject,
  replaced: readonly ManagedObject[],
  now: EpochSeconds,
): ObjectRow {
  const inherited = inheritedMembers(heir, replaced, now);
  const schedule = scheduleOf(heir, replaced);
  const embedded = heir.keyBlock?.attributes?.members ?? null;
  return withAttributes(heir, {
    state: heir.state,
    attributes: withMembers(heir.attributes.members, { ...inherited, ...schedule }),
    embedded: embedded === null ? null : withMembers(embedded, inherited),
  });
}

/** Returns the one whose schedule goes on to its heir; null if none has one, or the heir has its own. */
export function armedBefore(
  heir: ManagedObject,
  replaced: readonly ManagedObject[],
): ManagedObject | null {
  const isArmed = ({ attributes }: ManagedObject) => (attributes.rotateInterval ?? 0) > 0;
  const armed = [heir, ...replaced].find(isArmed);
  return armed === undefined || armed === heir ? null : armed;
}

function inheritedMembers(
  heir: ManagedObject,
  replaced: readonly ManagedObject[],
  now: EpochSeconds,
): JsonObject {
  return {
    LastChangeDate: encodeDateTime(now),
    ...namesFor(heir, replaced),
    ...tagsFor(heir, replaced),
    ...datesFor(heir, replaced, now),
  };
}

/** A name may have been given to the replaced object after its rotation had begun. */
function namesFor(heir: ManagedObject, replaced: readonly ManagedObject[]): JsonObject {
  const named = new Map<string, JsonValue>();
  for (const { attributes } of [heir, ...replaced]) {
    const names = memberReader(attributes.members, 'attributes').list('Name');
    for (const [index, text] of attributes.names.entries()) {
      if (!named.has(text)) named.set(text, names[index] ?? text);
    }
  }
  return named.size === 0 ? {} : { Name: [...named.values()] };
}

/** A certificate has its tags in the table alone (storage format §1.6). */
function tagsFor(
  { attributes, objectType }: ManagedObject,
  replaced: readonly ManagedObject[],
): JsonObject {
  const tags = new Set([...attributes.tags, ...replaced.flatMap((one) => one.attributes.tags)]);
  if (objectType === 'Certificate' || tags.size === attributes.tags.length) return {};
  return { Attribute: withTags(attributes.vendorAttributes, [...tags]) };
}

/** Dates that lay ahead of the replaced object when it was replaced, unless they have passed since. */
function datesFor(
  heir: ManagedObject,
  [replaced]: readonly ManagedObject[],
  now: EpochSeconds,
): JsonObject {
  const { activationDate, initialDate, deactivationDate } = heir.attributes;
  if (replaced === undefined || deactivationDate !== null) return {};
  const ahead = datesOfReplacement(replaced, activationDate ?? initialDate ?? now);
  const at = ahead.DeactivationDate;
  if (at === undefined || at <= now) return {};
  return { DeactivationDate: encodeDateTime(Math.min(at, LAST_INSTANT)) };
}

function scheduleOf(heir: ManagedObject, replaced: readonly ManagedObject[]): JsonObject {
  const armed = armedBefore(heir, replaced);
  if (armed === null) return { RotateLatest: true };
  const { RotateInterval, RotateOffset, RotateAutomatic } = armed.attributes.members;
  return { RotateInterval, RotateOffset, RotateAutomatic, RotateLatest: true };
}
