// The due keys in a page of rows, by schedule, state and links alone: their objects are not loaded.
import type { DueRow } from '../store/find/find.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { PlannedKey } from '../rotation/plan.js';
import { evaluateSchedule, isDueWithin, type EvaluationOptions } from '../rotation/eligibility.js';
import { isPassedOver, exclusionOf, type RowSummary } from '../rotation/exclusion.js';
import type { Store } from '../store/store.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { readableAttributes } from '../kmip/managed-object.js';
import type { LinkType } from '../kmip/vocabulary.js';
import { linkTo } from '../kmip/attributes.js';

/** A row that is due, and what its columns say of it. */
interface DueKey {
  readonly foundRow: FoundRow;
  readonly planned: PlannedKey;
  readonly rowSummary: RowSummary;
}

/** Returns the keys of a page that a run must look at, or whose deadline is within the options' time. */
export async function dueKeysIn(
  store: Pick<Store, 'existingUids'>,
  page: readonly DueRow[],
  options: EvaluationOptions,
  filters: SurveyFilters,
): Promise<readonly DueKey[]> {
  const dueKeys = page.flatMap((foundRow): DueKey[] => {
    const deadlineAt = deadlineIn(foundRow, options);
    if (deadlineAt === 'none') return [];
    if (!passesFilters(foundRow, filters)) return [];
    const planned = {
      uid: foundRow.id,
      deadlineAt,
      wrappingKeyUid: foundRow.wrappingKeyId,
      publicKeyUid: linkOfPair(foundRow),
    };
    return [{ foundRow, planned, rowSummary: rowSummaryOf(foundRow) }];
  });
  const links = dueKeys
    .map(({ rowSummary }) => rowSummary.replacedBy)
    .filter((uid) => uid !== null);
  const present = links.length === 0 ? new Set<string>() : await store.existingUids(links);
  return dueKeys.filter(({ rowSummary }) => {
    const { replacedBy } = rowSummary;
    const known = replacedBy !== null && present.has(replacedBy) ? replacedBy : null;
    return !isPassedOver(exclusionOf({ ...rowSummary, replacedBy: known }), options);
  });
}

/**
 * Returns when a candidate is due; null if it cannot be computed, `none` if it is later than the options reach. A
 * deadline that the database computed for its index is taken as it is: the object is loaded and evaluated again before
 * anything is done with it.
 */
function deadlineIn(foundRow: DueRow, options: EvaluationOptions): EpochSeconds | null | 'none' {
  const isComputed = options.firstDeadline === 'offset' && foundRow.earliest >= 0;
  if (isComputed) return foundRow.earliest;
  const evaluation = evaluateSchedule(foundRow, options);
  return isDueWithin(evaluation, options) ? (evaluation.deadline?.at ?? null) : 'none';
}

/** A certificate has such a link too, but what wraps is the pair. */
function linkOfPair(foundRow: FoundRow): string | null {
  const uid = linkIn(foundRow, 'PublicKeyLink');
  if (uid === null) return null;
  const { id, attributes } = foundRow;
  return readableAttributes(id, attributes)?.objectType === 'Certificate' ? null : uid;
}

/** Returns what the column says of an Active object; one that cannot be read is not excluded. */
function rowSummaryOf(foundRow: FoundRow): RowSummary {
  // Only the object says its type, and it is not loaded yet.
  return {
    uid: foundRow.id,
    state: 'Active',
    objectType: null,
    wrappingKeyUid: foundRow.wrappingKeyId,
    replacedBy: linkIn(foundRow, 'ReplacementObjectLink'),
  };
}

/** Returns the uid that a link of a candidate leads to, or null; one to itself leads nowhere. */
function linkIn({ id, attributes: text }: FoundRow, linkType: LinkType): string | null {
  // Nearly all that is due has none, and need not be read for it.
  if (!text.includes(linkType)) return null;
  const attributes = readableAttributes(id, text);
  const uid = attributes === null ? null : linkTo(attributes, linkType);
  return uid === id ? null : uid;
}
