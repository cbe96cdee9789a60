// Looks through a store for what is due, what has a policy, or everything, and evaluates each candidate. planned-keys.ts
// makes the plan of a run; rotation/eligibility.ts decides whether a candidate is due.
import type { EpochSeconds } from '../kmip/date-time.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { isDueWithin, type Evaluation, type EvaluationOptions } from '../rotation/eligibility.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';
import { dueKeysIn } from './due-keys.js';
import { endingCertificates } from './ending-certificates.js';
import { endingObjects, type EndingStore } from './ending-objects.js';
import { isEndRule } from '../rotation/ends.js';
import { evaluated, type EvaluatedCandidate } from './evaluated-candidate.js';

/** What is read to find due keys. */
export type DueStore = EndingStore &
  Pick<Store, 'findDue' | 'existingUids' | 'load' | 'findActiveCertificates'>;

/** Yields what is due, or becomes due within the options' time, in no order. */
export async function* dueCandidates(
  store: DueStore,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<EvaluatedCandidate> {
  for await (const page of scheduledPages(store, options, filters)) yield* page.evaluated;
  for await (const page of endingObjects(store, options, filters)) yield* page;
  yield* endingCertificates(store, options, filters);
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
  for await (const page of endingObjects(store, options, filters)) {
    if (page.length > 0) yield { evaluated: page, from: -Infinity };
  }
  const ending = await collect(endingCertificates(store, options, filters));
  if (ending.length > 0) yield { evaluated: ending, from: -Infinity };
  yield* scheduledPages(store, options, filters);
}

async function* scheduledPages(
  store: DueStore,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<{
  readonly evaluated: readonly EvaluatedCandidate[];
  readonly from: EpochSeconds;
}> {
  const until = options.now + options.withinSeconds;
  for await (const page of store.findDue(until, filters)) {
    const found = await dueKeysIn(store, page, options, filters);
    const uids = found.map(({ planned }) => planned.uid);
    const due = evaluateAll(await store.load(uids), options).filter(
      ({ evaluation }) => isDueWithin(evaluation, options) && !isByEnd(evaluation),
    );
    yield { evaluated: due, from: page.at(-1)?.earliest ?? until };
  }
}

/** Those are found by their ends. */
function isByEnd({ deadline }: Evaluation): boolean {
  return deadline !== null && isEndRule(deadline.rule);
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
  return candidates.map((candidate) => evaluated(candidate, options));
}
