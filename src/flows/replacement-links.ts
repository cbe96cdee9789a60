// Rows whose links between a replaced object and its replacement are set right, in the column and embedded.
import { withLink, withoutLink } from '../kmip/attributes.js';
import { encodeDateTime, type EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import { withAttributes, type ManagedObject } from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import type { RowReplacement } from './change.js';

/** Returns the row of an object that was never replaced without the link that says so. */
export function withoutReplacement(object: ManagedObject, now: EpochSeconds): RowReplacement {
  return linkedAnew(object, now, (members) => withoutLink(members, 'ReplacementObjectLink'));
}

/** Returns the row of a replacement with the link back to what it replaced. */
export function withReplaced(
  replacement: ManagedObject,
  replacedUid: string,
  now: EpochSeconds,
): RowReplacement {
  return linkedAnew(replacement, now, (members) =>
    withLink(members, 'ReplacedObjectLink', replacedUid),
  );
}

function linkedAnew(
  object: ManagedObject,
  now: EpochSeconds,
  change: (members: JsonObject) => JsonObject,
): RowReplacement {
  const { row, state, attributes, keyBlock } = object;
  const changed = (members: JsonObject) =>
    withMembers(change(members), { LastChangeDate: encodeDateTime(now) });
  const embedded = keyBlock?.attributes?.members ?? null;
  const after = withAttributes(object, {
    state,
    attributes: changed(attributes.members),
    embedded: embedded === null ? null : changed(embedded),
  });
  return { before: row, after };
}
