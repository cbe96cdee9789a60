// The retirement of a replaced object: its state, dates and link, in the column and embedded (storage format §6.5), at
// once or, with an overlap, in two steps (retiring-row.ts); and the notices about it.
import { encodeDateTime, formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import type { ManagedObject, ObjectRow } from '../kmip/managed-object.js';
import { stateOfReplaced, hasEnded } from '../rotation/lifecycle.js';
import { mayStayActive } from '../rotation/overlap.js';
import type { Overlap } from '../rotation/retiring-object.js';
import type { Change } from './change.js';
import { replacedRow } from './replaced-row.js';
import { retiringRow } from './retiring-row.js';

/**
 * Returns the change that retires an object in favour of its replacement: at once, or, with an overlap, so that it stays
 * Active until that ends.
 */
export function retirement(
  replaced: ManagedObject,
  replacementUid: string,
  now: EpochSeconds,
  overlap: Overlap | null = null,
): Extract<Change, { kind: 'retire' | 'begin-overlap' }> {
  if (overlap === null || !mayStayActive(replaced, now)) {
    return {
      kind: 'retire',
      before: replaced.row,
      after: retiredRow(replaced, replacementUid, now),
    };
  }
  const retiring = {
    ...overlap,
    uid: replaced.uniqueIdentifier,
    replacementUid,
    ownEndAt: replaced.attributes.deactivationDate,
  };
  const after = retiringRow(replaced, retiring, now);
  return { kind: 'begin-overlap', retiring, before: replaced.row, after };
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
  const date = encodeDateTime(now);
  const end = hasEnded(replaced, now) ? replaced.attributes.members['DeactivationDate'] : date;
  // One that was no longer Active, or had ended by its own date, keeps that date.
  const dates: JsonObject = replaced.state === 'Active' ? { DeactivationDate: end } : {};
  return replacedRow(replaced, {
    replacementUid,
    state: stateOfReplaced(replaced.state),
    dates: { LastChangeDate: date, ...dates },
  });
}
