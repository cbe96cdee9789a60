// The row of a replaced object in its overlap, and at its end. Our own table says what the row must be, as a server’s cache
// may write the whole row back as it was before the rotation (storage format §1.8).
import { encodeDateTime, type EpochSeconds } from '../kmip/date-time.js';
import { formatJson, type JsonDocument, type JsonObject } from '../kmip/json.js';
import type { ManagedObject, ObjectRow } from '../kmip/managed-object.js';
import { stateOfReplaced } from '../rotation/lifecycle.js';
import type { RetiringObject } from '../rotation/retiring-object.js';
import type { RowReplacement } from './change.js';
import { replacedRow } from './replaced-row.js';

/** Returns the row of an Active object at the beginning of its overlap, or after its end was moved. */
export function retiringRow(
  object: ManagedObject,
  retiring: Pick<RetiringObject, 'replacementUid' | 'endsAt' | 'isDated'>,
  now: EpochSeconds,
): ObjectRow {
  return rowWith(object, retiring, { LastChangeDate: encodeDateTime(now) });
}

/** Returns how the row of an Active object is put right; null if it is right. */
export function restoredRow(
  object: ManagedObject,
  retiring: RetiringObject,
  now: EpochSeconds,
): RowReplacement | null {
  const { row: before, documents } = object;
  const same = rowWith(object, retiring, {});
  const isRight =
    same.wrappingKeyId === before.wrappingKeyId &&
    isText(same.attributes, documents.attributes) &&
    (same.object === before.object || isText(same.object, documents.object));
  return isRight ? null : { before, after: retiringRow(object, retiring, now) };
}

/**
 * Returns the row of an object whose overlap is over, because its time has come or because a server has deactivated or
 * compromised it meanwhile. The first keeps the end that was announced, the others the date that the server wrote.
 */
export function endedRow(
  object: ManagedObject,
  { replacementUid, endsAt, isDated }: RetiringObject,
  now: EpochSeconds,
): ObjectRow {
  const { state, attributes } = object;
  const own = attributes.members['DeactivationDate'];
  const end = encodeDateTime(isDated ? Math.min(endsAt, now) : now);
  return replacedRow(object, {
    replacementUid,
    state: stateOfReplaced(state),
    dates: {
      LastChangeDate: encodeDateTime(now),
      DeactivationDate: state === 'Active' ? end : (own ?? end),
    },
  });
}

function rowWith(
  object: ManagedObject,
  {
    replacementUid,
    endsAt,
    isDated,
  }: Pick<RetiringObject, 'replacementUid' | 'endsAt' | 'isDated'>,
  dates: JsonObject,
): ObjectRow {
  const end = isDated ? encodeDateTime(endsAt) : undefined;
  return replacedRow(object, {
    replacementUid,
    state: 'Active',
    dates: { ...dates, DeactivationDate: end },
  });
}

function isText(text: string, { value, indented }: JsonDocument): boolean {
  return text === formatJson(value, indented);
}
