// What `kms due list` shows: the keys that are due, stale dependants, and certificates that end soon. due-table.ts
// draws the tables, due-list.ts makes the document.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { newSortedList } from '../../files/sorted-list.js';
import type { ListRequest } from '../../output/listing.js';
import type { Terminal } from '../../output/terminal.js';
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import { compareUids } from '../../rotation/plan.js';
import type { LongList } from '../../text/lazy-lists.js';
import type { Store } from '../../store/store.js';
import {
  findStaleDependants,
  type StaleDependant,
  type StaleDependantsStore,
} from '../../survey/stale-dependants.js';
import {
  collect,
  dueCandidates,
  duePages,
  explainedCandidates,
  type DueStore,
} from '../../survey/survey.js';
import { expiringTable } from '../keys/certificate-lines.js';
import { expiringCertificates, type ExpiringCertificate } from '../keys/certificate-view.js';
import { activeConditions, type ActiveConditions } from '../status/active-conditions.js';
import { listedKey, type ListedKey } from './due-list.js';
import { byDeadline, inDeadlineOrder, type DuePage } from './due-order.js';
import { dueTable, explainedTable } from './due-table.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';
import type { EvaluatedCandidate } from '../../survey/evaluated-candidate.js';
import type { ServerKek } from '../../flows/server-kek.js';

export interface DueQuery extends EvaluationOptions {
  readonly filters: SurveyFilters;
  readonly serverKek: ServerKek;
  /** Lists every object that has a policy, and why it is or is not due. */
  readonly explain: boolean;
  /** Lists the Active certificates that end within this time too; undefined lists none. */
  readonly expiringWithinSeconds: number | undefined;
}

export interface DueReport {
  readonly keys: LongList<ListedKey>;
  /** Null unless explained. */
  readonly staleDependants: readonly StaleDependant[] | null;
  /** What lasts; none unless explained. */
  readonly conditions: ActiveConditions;
  /** Null unless asked for. */
  readonly expiring: readonly ExpiringCertificate[] | null;
}

/** Says whether `kms rotate due` would have something to do or to report. */
export async function needsRun(
  store: DueStore & StaleDependantsStore,
  query: DueQuery,
): Promise<boolean> {
  const { done } = await dueCandidates(store, query, query.filters).next();
  if (done !== true) return true;
  for await (const page of findStaleDependants(store, query.filters, query.hsm)) {
    if (page.length > 0) return true;
  }
  return false;
}

/** What is read for an explained report, with certificates. */
type DueReportStore = DueStore &
  StaleDependantsStore &
  Pick<Store, 'findWithPolicy' | 'findActiveCertificates' | 'openConditions'>;

/** Returns everything that is listed, in order. */
export async function dueReport(store: DueReportStore, query: DueQuery): Promise<DueReport> {
  const { filters, explain } = query;
  const expiring = await expiringIn(store, query);
  const found = explain ? explainedCandidates : dueCandidates;
  const keys = newSortedList(byDeadline);
  for await (const one of found(store, query, filters)) keys.add(listed(one, query));
  const stale = explain
    ? (await collect(findStaleDependants(store, filters, query.hsm))).flat()
    : null;
  return {
    keys,
    conditions: explain ? await activeConditions(store) : new Map(),
    staleDependants: stale?.sort((a, b) => compareUids(a.uid, b.uid)) ?? null,
    expiring,
  };
}

/** Yields the lines of what is due, the first before the last is found. */
export async function* dueLines(
  store: DueStore & Pick<Store, 'findActiveCertificates'>,
  query: DueQuery,
  terminal: Terminal,
  request: ListRequest,
): AsyncGenerator<string> {
  const expiring = await expiringIn(store, query);
  let isEmpty = true;
  for await (const line of dueTable(duePagesInOrder(store, query), query.now, terminal, request)) {
    isEmpty = false;
    yield line;
  }
  if (isEmpty && terminal.isTerminal) yield 'Nothing is due.';
  if (!request.csv) yield* expiringLines(expiring, query.now, terminal, isEmpty);
}

/** Yields the lines of an explained report. */
export function* explainedLines(
  { keys, staleDependants, conditions, expiring }: DueReport,
  now: EpochSeconds,
  terminal: Terminal,
  request: ListRequest,
): Generator<string> {
  yield* explainedTable(
    keys,
    { now, conditions, staleDependants: staleDependants ?? [] },
    terminal,
    request,
  );
  if (request.csv) return;
  const isEmpty = keys.length === 0;
  if (isEmpty && terminal.isTerminal) yield 'No object has a rotation policy.';
  yield* expiringLines(expiring, now, terminal, isEmpty);
}

function* expiringLines(
  expiring: readonly ExpiringCertificate[] | null,
  now: EpochSeconds,
  terminal: Terminal,
  isFirst: boolean,
): Generator<string> {
  if (expiring === null) return;
  if (!isFirst && expiring.length > 0) yield '';
  yield* expiringTable(expiring, now, terminal);
  if (expiring.length === 0 && terminal.isTerminal) yield 'No certificate ends in that time.';
}

async function expiringIn(
  store: Pick<Store, 'findActiveCertificates' | 'load'>,
  { now, expiringWithinSeconds: withinSeconds, filters }: DueQuery,
): Promise<readonly ExpiringCertificate[] | null> {
  if (withinSeconds === undefined) return null;
  return expiringCertificates(store, { now, withinSeconds }, filters);
}

function duePagesInOrder(store: DueStore, query: DueQuery): AsyncGenerator<readonly ListedKey[]> {
  return inDeadlineOrder(listedPages(store, query));
}

async function* listedPages(store: DueStore, query: DueQuery): AsyncGenerator<DuePage> {
  for await (const { evaluated, from } of duePages(store, query, query.filters)) {
    yield { keys: evaluated.map((one) => listed(one, query)), from };
  }
}

function listed(evaluated: EvaluatedCandidate, { now, serverKek, hsm }: DueQuery): ListedKey {
  return listedKey(evaluated, now, serverKek, hsm);
}
