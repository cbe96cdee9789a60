// Looks for keysets none of whose generations can protect any more, by their latest one; rotation/usable-generation.ts
// decides. near-deadlines.ts puts them among the deadlines.
import { KmsError } from '../errors.js';
import { readableAttributes } from '../kmip/managed-object.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { objectSummaryOf, type ObjectSummary } from '../report/object-summary.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { unusableKeysetOf } from '../rotation/usable-generation.js';
import { warningOf, type DeadlineWarning, type WarningOptions } from '../rotation/warning.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';
import { readableValidityOf } from './certificate-validity.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

type UnusableWarning = DeadlineWarning & {
  readonly uid: string;
  readonly objectSummary: ObjectSummary;
};

/** Yields warnings of keysets with a policy whose latest generation was deactivated or compromised. */
export async function* stoppedKeysets(
  store: Pick<Store, 'findStoppedMembers' | 'load'>,
  options: WarningOptions,
  filters: SurveyFilters,
): AsyncGenerator<UnusableWarning> {
  for await (const page of store.findStoppedMembers(filters)) {
    const armed = page.filter((foundRow) => passesFilters(foundRow, filters) && isArmed(foundRow));
    for (const candidate of await store.load(armed.map(({ id }) => id))) {
      const warning = unusableWarning(candidate, options);
      if (warning !== null) yield warning;
    }
  }
}

function isArmed({ id, attributes }: FoundRow): boolean {
  const members = readableAttributes(id, attributes)?.members;
  return members !== undefined && declinesRotation(members) === null;
}

/** Returns null if a generation of its keyset can still protect, and for what is not the latest. */
export function unusableWarning(
  candidate: RotationCandidate,
  options: WarningOptions,
): UnusableWarning | null {
  const { object, replacedBy, row } = candidate;
  if (object instanceof KmsError || replacedBy !== null) return null;
  const certificate = readableValidityOf(object);
  const { since = null } = unusableKeysetOf(object, candidate, { ...options, certificate }) ?? {};
  if (since === null) return null;
  const ended = { deadline: since, spanSeconds: Infinity, staysWhenPassed: true };
  const warning = warningOf({ kind: 'no-usable-generation', ...ended }, options);
  if (warning === null) return null;
  return { ...warning, uid: row.id, objectSummary: objectSummaryOf(candidate) };
}
