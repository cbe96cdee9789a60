// The retirement of a replaced object: its state, dates and link, in the column and embedded (storage format §6.5), and
// the notices about it.
import { withLink } from '../kmip/attributes.js';
import { encodeDateTime, formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import {
  withAttributes,
  wrappingKeyInBytes,
  type ManagedObject,
  type ObjectRow,
} from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import { stateOfReplaced, hasEnded } from '../rotation/lifecycle.js';
import type { Change } from './change.js';
/** Returns the change that retires an object in favour of its replacement. */
export function retirement(
  replaced: ManagedObject,
  replacementUid: string,
  now: EpochSeconds,
): Extract<Change, { kind: 'retire' }> {
  return { kind: 'retire', before: replaced.row, after: retiredRow(replaced, replacementUid, now) };
}

/** Returns the notice about an object that had ended although its state was Active. */
export function noticesOfReplaced(replaced: ManagedObject, now: EpochSeconds): readonly string[] {
  const { deactivationDate } = replaced.attributes;
  if (deactivationDate === null || !hasEnded(replaced, now)) return [];
  const [name, end] = [JSON.stringify(replaced.uniqueIdentifier), formatInstant(deactivationDate)];
  return [
    `${name} ended at ${end} by its Deactivation Date, though its state was Active: it keeps that date, and its replacement has none`,
  ];
}

function retiredRow(replaced: ManagedObject, replacementUid: string, now: EpochSeconds): ObjectRow {
  const state = stateOfReplaced(replaced.state);
  const date = encodeDateTime(now);
  const flags = flagsOfReplaced(replaced);
  const end = hasEnded(replaced, now) ? replaced.attributes.members['DeactivationDate'] : date;
  const retired = (members: JsonObject) =>
    withMembers(withLink(members, 'ReplacementObjectLink', replacementUid), {
      Name: undefined,
      State: state,
      LastChangeDate: date,
      // One that was no longer Active, or had ended by its own date, keeps that date.
      ...(replaced.state === 'Active' ? { DeactivationDate: end } : {}),
      RotateInterval: 0,
      ...flags,
    });
  const embedded = replaced.keyBlock?.attributes?.members ?? null;
  const row = withAttributes(replaced, {
    state,
    attributes: retired(replaced.attributes.members),
    embedded: embedded === null ? null : retired(embedded),
  });
  // A column that names the object itself, and not what its bytes name, would leave it under a retired key.
  return { ...row, wrappingKeyId: wrappingKeyInBytes(replaced) };
}

/** A server leaves both absent on a certificate that is in no keyset, as each had been. */
function flagsOfReplaced({ objectType, attributes }: ManagedObject): JsonObject {
  const { rotateName, rotateGeneration, members } = attributes;
  const hadNeither = rotateGeneration === null && (members['RotateLatest'] ?? null) === null;
  if (objectType === 'Certificate' && rotateName === null && hadNeither) return {};
  return { RotateGeneration: rotateGeneration ?? 0, RotateLatest: false };
}
