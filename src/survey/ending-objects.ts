// Objects that are due because one of their dates ends them, or because their Usage Limits are nearly used up. The
// database finds them by two indexes; rotation/ends.ts decides. ending-certificates.ts does the same for the ends of
// certificates.
import { KmsError } from '../errors.js';
import { readableAttributes } from '../kmip/managed-object.js';
import { isDue } from '../rotation/deadline.js';
import {
  endOptionsOf,
  evaluateSchedule,
  isDueWithin,
  UNKNOWN_OF_ROW,
  type EvaluationOptions,
} from '../rotation/eligibility.js';
import { deadlineByEnds, DEFAULT_END_OPTIONS, isEndRule, longestLead } from '../rotation/ends.js';
import { NO_OPTIONS, type PolicyOptions } from '../rotation/policy-options.js';
import { privateUidFromName } from '../rotation/related-objects.js';
import { linkTo } from '../kmip/attributes.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';
import { evaluated, type EvaluatedCandidate } from './evaluated-candidate.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

/** What is read to find them. */
export type EndingStore = Pick<
  Store,
  'findEnding' | 'findHalfUsed' | 'longestBeforeEnd' | 'policyOptions' | 'load'
>;

/** Yields those that are due, or become due within the options' time, in pages and in no order; each once. */
export async function* endingObjects(
  store: EndingStore,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<readonly EvaluatedCandidate[]> {
  const longestOwn = await store.longestBeforeEnd();
  const reach = longestLead(options.ends ?? DEFAULT_END_OPTIONS, longestOwn);
  const until = options.now + options.withinSeconds + reach;
  const ownOf = (uids: readonly string[]) =>
    longestOwn === null ? Promise.resolve(NONE) : store.policyOptions(uids);
  for await (const page of store.findEnding(until, filters)) {
    const rows = await nearRows(page, options, ownOf);
    yield await evaluatedBy(store, rows, { options, filters, isUsage: false });
  }
  for await (const page of store.findHalfUsed(filters)) {
    const rows = await nearRows(page, options, ownOf);
    yield await evaluatedBy(store, rows, { options, filters, isUsage: true });
  }
}

const NONE: ReadonlyMap<string, PolicyOptions> = new Map();

/** A row whose end is near, and the object that is rotated for it: of a public key, its private key. */
interface NearRow {
  readonly foundRow: FoundRow;
  readonly uid: string;
}

/** Leaves out what its attributes alone say is not near, so that few objects are loaded. */
async function nearRows(
  page: readonly FoundRow[],
  options: EvaluationOptions,
  ownOf: (uids: readonly string[]) => Promise<ReadonlyMap<string, PolicyOptions>>,
): Promise<readonly NearRow[]> {
  const rows = page.map((foundRow) => ({ foundRow, uid: uidToRotate(foundRow) }));
  const own = await ownOf(rows.map(({ uid }) => uid));
  return rows.filter(({ foundRow, uid }) =>
    uid === foundRow.id
      ? isNear(foundRow, options, own.get(uid) ?? NO_OPTIONS)
      : isHalfNear(foundRow, options, own.get(uid) ?? NO_OPTIONS),
  );
}

/** Returns the uid of the object that is rotated for a row: of a public key, its private key's. */
export function uidToRotate({ id, attributes: text }: FoundRow): string {
  if (!text.includes('PublicKey')) return id;
  const attributes = readableAttributes(id, text);
  if (attributes?.objectType !== 'PublicKey') return id;
  return linkTo(attributes, 'PrivateKeyLink') ?? privateUidFromName(id) ?? id;
}

function isNear(foundRow: FoundRow, options: EvaluationOptions, own: PolicyOptions): boolean {
  const evaluation = evaluateSchedule(foundRow, options, { ...UNKNOWN_OF_ROW, own });
  const { deadline } = evaluation;
  return deadline !== null && isEndRule(deadline.rule) && isDueWithin(evaluation, options);
}

/** A public key has no policy of its own. */
function isHalfNear(
  { id, attributes: text }: FoundRow,
  options: EvaluationOptions,
  own: PolicyOptions,
): boolean {
  const attributes = readableAttributes(id, text);
  if (attributes === null) return false;
  const { deadline } = deadlineByEnds(
    { members: attributes.members, counterpart: null, validity: null },
    endOptionsOf(options, own),
  );
  return deadline !== null && isDue(deadline.at, options.now + options.withinSeconds);
}

/** Returns those whose deadline is by the rule that they were found by, and by the row that was found. */
async function evaluatedBy(
  store: Pick<Store, 'load'>,
  rows: readonly NearRow[],
  {
    options,
    filters,
    isUsage,
  }: {
    readonly options: EvaluationOptions;
    readonly filters: SurveyFilters;
    readonly isUsage: boolean;
  },
): Promise<readonly EvaluatedCandidate[]> {
  const found = new Set(rows.map(({ foundRow }) => foundRow.id));
  const uids = [...new Set(rows.map(({ uid }) => uid))];
  const all = (await store.load(uids)).map((candidate) => evaluated(candidate, options));
  return all.filter(({ candidate, evaluation }) => {
    const { deadline } = evaluation;
    if (deadline === null || !isDueWithin(evaluation, options)) return false;
    if (deadline.rule === 'before-certificate-end' || !isEndRule(deadline.rule)) return false;
    if ((deadline.rule === 'usage-limit') !== isUsage) return false;
    const { row, object } = candidate;
    if (!found.has(deadline.of ?? row.id)) return false;
    return object instanceof KmsError || passesFilters(row, filters);
  });
}
