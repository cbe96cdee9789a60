// The row of an object that has a replacement, whatever its state: linked to it, without Name and schedule, not the latest
// (storage format §6.5), in the column and embedded. retirement.ts and retiring-row.ts say its state and dates.
import { linkTo, withLink, type Attributes } from '../kmip/attributes.js';
import type { JsonObject } from '../kmip/json.js';
import {
  withAttributes,
  wrappingKeyInBytes,
  type ManagedObject,
  type ObjectRow,
} from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import type { State } from '../kmip/vocabulary.js';

export function replacedRow(
  replaced: ManagedObject,
  {
    replacementUid,
    state,
    dates,
  }: { readonly replacementUid: string; readonly state: State; readonly dates: JsonObject },
): ObjectRow {
  const flags = flagsOfReplaced(replaced);
  const changed = (attributes: Attributes) =>
    withMembers(linked(attributes, replacementUid), {
      Name: undefined,
      State: state,
      ...dates,
      RotateInterval: 0,
      ...flags,
    });
  const embedded = replaced.keyBlock?.attributes ?? null;
  return withAttributes(replaced, {
    state,
    attributes: changed(replaced.attributes),
    embedded: embedded === null ? null : changed(embedded),
    // A column that names the object itself, and not what its bytes name, would leave it under a retired key.
    wrappingKeyId: wrappingKeyInBytes(replaced),
  });
}

/** Leaves a link that is right where it is, so that a row which needs no change has none. */
function linked(attributes: Attributes, replacementUid: string): JsonObject {
  return linkTo(attributes, 'ReplacementObjectLink') === replacementUid
    ? attributes.members
    : withLink(attributes.members, 'ReplacementObjectLink', replacementUid);
}

/** A server leaves both absent on a certificate that is in no keyset, as each had been. */
function flagsOfReplaced({ objectType, attributes }: ManagedObject): JsonObject {
  const { rotateName, rotateGeneration, members } = attributes;
  const hadNeither = rotateGeneration === null && (members['RotateLatest'] ?? null) === null;
  if (objectType === 'Certificate' && rotateName === null && hadNeither) return {};
  return { RotateGeneration: rotateGeneration ?? 0, RotateLatest: false };
}
