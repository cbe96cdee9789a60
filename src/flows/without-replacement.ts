// The row of an object that was never replaced, though it says so: without the link, in the column and embedded.
import { withoutLink } from '../kmip/attributes.js';
import { encodeDateTime, type EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import { withAttributes, type ManagedObject } from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import type { RowReplacement } from './change.js';

export function withoutReplacement(object: ManagedObject, now: EpochSeconds): RowReplacement {
  const { row, state, attributes, keyBlock } = object;
  const unlinked = (members: JsonObject) =>
    withMembers(withoutLink(members, 'ReplacementObjectLink'), {
      LastChangeDate: encodeDateTime(now),
    });
  const embedded = keyBlock?.attributes?.members ?? null;
  const after = withAttributes(object, {
    state,
    attributes: unlinked(attributes.members),
    embedded: embedded === null ? null : unlinked(embedded),
  });
  return { before: row, after };
}
