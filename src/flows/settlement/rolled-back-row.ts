// The row of a replacement that is taken back: Deactivated, without its claim to replace anything, and without a later
// generation, which is taken back with it. Its material, tags and generation stay; our log keeps the rest.
import { withoutLink } from '../../kmip/attributes.js';
import { encodeDateTime, type EpochSeconds } from '../../kmip/date-time.js';
import { formatJson, type JsonObject } from '../../kmip/json.js';
import { withAttributes, type ManagedObject, type ObjectRow } from '../../kmip/managed-object.js';
import { withMembers } from '../../kmip/members.js';
import { stateOfReplaced } from '../../rotation/lifecycle.js';
import type { Generation } from '../../rotation/unfinished/unfinished-rotation.js';

export function rolledBackRow(object: ManagedObject, now: EpochSeconds): ObjectRow {
  const date = encodeDateTime(now);
  const state = stateOfReplaced(object.state);
  const takenBack = (members: JsonObject) =>
    withMembers(withoutLink(withoutLink(members, 'ReplacedObjectLink'), 'ReplacementObjectLink'), {
      State: state,
      LastChangeDate: date,
      ...(object.state === 'Active' ? { DeactivationDate: date } : {}),
      Name: undefined,
      RotateInterval: 0,
      RotateLatest: false,
    });
  const embedded = object.keyBlock?.attributes?.members ?? null;
  return withAttributes(object, {
    state,
    attributes: takenBack(object.attributes.members),
    embedded: embedded === null ? null : takenBack(embedded),
  });
}

/** Returns what the rows of a generation no longer say, as JSON for our log. */
export function takenFrom({ key, publicKey }: Generation): string {
  const own = membersTaken(key);
  return formatJson(
    publicKey === null ? own : { ...own, publicKey: membersTaken(publicKey) },
    false,
  );
}

function membersTaken({ attributes: { members }, state }: ManagedObject): JsonObject {
  const kept = ['Name', 'RotateInterval', 'RotateLatest', 'Link', 'DeactivationDate'];
  const was = kept.flatMap((member) => {
    const value = members[member];
    return value === undefined ? [] : [[member, value] as const];
  });
  return { state, ...Object.fromEntries(was) };
}
