// Looks through a store for what is due, by the schedule alone where that suffices: the plan of a run, and the
// candidates of a listing. rotation/eligibility.ts decides whether each is due.
import { unsupportedReason } from '../flows/unsupported-reason.js';
import { issuersOf } from './certificate-issuers.js';
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { decodeAttributesColumn, readableAttributes } from '../kmip/managed-object.js';
import { MalformedMember, memberReader } from '../kmip/members.js';
import { OBJECT_TYPES, type LinkType } from '../kmip/vocabulary.js';
import type { PlannedKey } from '../rotation/plan.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import {
  isDueWithin,
  isPassedOver,
  exclusionOf,
  evaluate,
  evaluateSchedule,
  type Evaluation,
  type RowSummary,
  type EvaluationOptions,
} from '../rotation/eligibility.js';
import { isInShard, type Shard } from './shard.js';
import type { FoundRow, DueRow, ObjectFilters } from '../store/find/find.js';
import type { Store } from '../store/store.js';

export interface SurveyFilters extends ObjectFilters {
  readonly objectType?: string | undefined;
  readonly shard?: Shard | undefined;
}

export interface EvaluatedCandidate {
  readonly candidate: RotationCandidate;
  readonly evaluation: Evaluation;
}

/** Yields the keys that a run rotates or reports, in no order; reads no key material. */
export async function* plannedKeys(
  store: Pick<Store, 'findDue' | 'existingUids' | 'loadRelated'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<PlannedKey> {
  for await (const page of store.findDue(options.now, filters)) {
    const concerns = await concerning(store, page, options, filters);
    const issuers = await issuersOf(
      store,
      concerns.map(({ foundRow }) => foundRow),
    );
    for (const { planned } of concerns) {
      const issuerUids = issuers.get(planned.uid);
      yield issuerUids === undefined ? planned : { ...planned, issuerUids };
    }
  }
}

/** What is read to find due keys. */
export type DueStore = Pick<Store, 'findDue' | 'existingUids' | 'load'>;

/** Yields what is due, or becomes due within the options' time, in no order. */
export async function* dueCandidates(
  store: DueStore,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<EvaluatedCandidate> {
  for await (const { evaluated } of duePages(store, options, filters)) yield* evaluated;
}

/** Yields the same in pages. No page has a deadline before the `from` of an earlier one. */
export async function* duePages(
  store: DueStore,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<{
  readonly evaluated: readonly EvaluatedCandidate[];
  readonly from: EpochSeconds;
}> {
  const until = options.now + options.withinSeconds;
  for await (const page of store.findDue(until, filters)) {
    const found = await concerning(store, page, options, filters);
    const uids = found.map(({ planned }) => planned.uid);
    const evaluated = evaluateAll(await store.load(uids), options).filter(({ evaluation }) =>
      isDueWithin(evaluation, options),
    );
    yield { evaluated, from: page.at(-1)?.earliest ?? until };
  }
}

/** Yields every object that has a policy, with the verdict on it, in no order. */
export function explainedCandidates(
  store: Pick<Store, 'findWithPolicy' | 'load'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<EvaluatedCandidate> {
  return evaluatedIn(store, store.findWithPolicy(filters), options, filters);
}

/** Yields every object, with the verdict on it, in no order. */
export function allCandidates(
  store: Pick<Store, 'findAll' | 'load'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<EvaluatedCandidate> {
  return evaluatedIn(store, store.findAll(filters), options, filters);
}

/** Yields the Active certificates, whether they have a policy or not, in no order. */
export async function* activeCertificates(
  store: Pick<Store, 'findActiveCertificates' | 'load'>,
  filters: SurveyFilters,
): AsyncGenerator<RotationCandidate> {
  for await (const page of store.findActiveCertificates(filters)) {
    const uids = page.filter((foundRow) => passesFilters(foundRow, filters)).map(({ id }) => id);
    yield* await store.load(uids);
  }
}

async function* evaluatedIn(
  store: Pick<Store, 'load'>,
  pages: AsyncIterable<readonly FoundRow[]>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<EvaluatedCandidate> {
  for await (const page of pages) {
    const uids = page
      .filter((foundRow) => passesFilters(foundRow, filters))
      .map((foundRow) => foundRow.id);
    yield* evaluateAll(await store.load(uids), options);
  }
}

/**
 * Collects what a generator yields, or what is made of each item: a candidate holds whole rows, which need not be kept.
 */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]>;
export async function collect<T, U>(items: AsyncIterable<T>, made: (item: T) => U): Promise<U[]>;
export async function collect<T, U>(items: AsyncIterable<T>, made?: (item: T) => U) {
  const collected: (T | U)[] = [];
  for await (const item of items) collected.push(made === undefined ? item : made(item));
  return collected;
}

function evaluateAll(
  candidates: readonly RotationCandidate[],
  options: EvaluationOptions,
): readonly EvaluatedCandidate[] {
  return candidates.map((candidate) => ({
    candidate,
    evaluation: evaluate(candidate, options, unsupportedReason(candidate)),
  }));
}

interface Concern {
  readonly foundRow: FoundRow;
  readonly planned: PlannedKey;
  readonly rowSummary: RowSummary;
}

async function concerning(
  store: Pick<Store, 'existingUids'>,
  page: readonly DueRow[],
  options: EvaluationOptions,
  filters: SurveyFilters,
): Promise<readonly Concern[]> {
  const concerns = page.flatMap((foundRow): Concern[] => {
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
  const links = concerns
    .map(({ rowSummary }) => rowSummary.replacedBy)
    .filter((uid) => uid !== null);
  const present = links.length === 0 ? new Set<string>() : await store.existingUids(links);
  return concerns.filter(({ rowSummary }) => {
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

/** Says whether a row passes the filters that the database was not asked to apply. */
export function passesFilters(foundRow: FoundRow, { objectType, shard }: SurveyFilters): boolean {
  if (shard !== undefined && !isInShard(foundRow.id, shard)) return false;
  return ofType(foundRow, objectType);
}

/** A row whose type cannot be read is of any type: it must not go unseen. */
function ofType(foundRow: FoundRow, objectType: string | undefined): boolean {
  if (objectType === undefined) return true;
  try {
    const members = decodeAttributesColumn(foundRow.id, foundRow.attributes);
    const found = memberReader(members, 'attributes').enumeration('ObjectType', OBJECT_TYPES);
    return (found ?? objectType) === objectType;
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return true;
    throw error;
  }
}
