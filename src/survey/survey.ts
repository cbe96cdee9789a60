// Looks through a store for what is due, by the schedule alone where that suffices: the plan of a run,
// and the subjects of a listing. The verdicts are rotation/'s.
import { unsupportedReason } from '../flows/obstacle.js';
import { issuersOf } from './certificate-issuers.js';
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { decodeAttributesColumn, readableAttributes } from '../kmip/managed-object.js';
import { MalformedMember, memberReader } from '../kmip/members.js';
import { OBJECT_TYPES, type LinkType } from '../kmip/vocabulary.js';
import type { PlannedKey } from '../rotation/plan.js';
import type { Subject } from '../rotation/subject.js';
import {
  concernsARun,
  exclusionOf,
  judge,
  judgeSchedule,
  type Judgement,
  type Outline,
  type Terms,
} from '../rotation/verdict.js';
import { isInShard, type Shard } from './shard.js';
import type { Candidate, DueCandidate, Filters } from '../store/find/find.js';
import type { Store } from '../store/open.js';

export interface SurveyFilters extends Filters {
  readonly objectType?: string | undefined;
  readonly shard?: Shard | undefined;
}

export interface Judged {
  readonly subject: Subject;
  readonly judgement: Judgement;
}

/** Yields the keys of which a run has something to say, in no order; reads no key material. */
export async function* keysForARun(
  store: Store,
  terms: Terms,
  filters: SurveyFilters,
): AsyncGenerator<PlannedKey> {
  for await (const page of store.findDue(terms.now, filters)) {
    const concerns = await concerning(store, page, terms, filters);
    const issuers = await issuersOf(
      store,
      concerns.map(({ candidate }) => candidate),
    );
    for (const { planned } of concerns) {
      const issuerUids = issuers.get(planned.uid);
      yield issuerUids === undefined ? planned : { ...planned, issuerUids };
    }
  }
}

/** Yields what is due, or becomes due within the terms, in no order. */
export async function* dueSubjects(
  store: Store,
  terms: Terms,
  filters: SurveyFilters,
): AsyncGenerator<Judged> {
  for await (const { judged } of duePages(store, terms, filters)) yield* judged;
}

/** Yields the same in pages, none of which has a deadline before the `from` of one that came earlier. */
export async function* duePages(
  store: Store,
  terms: Terms,
  filters: SurveyFilters,
): AsyncGenerator<{ readonly judged: readonly Judged[]; readonly from: EpochSeconds }> {
  const until = terms.now + terms.withinSeconds;
  for await (const page of store.findDue(until, filters)) {
    const found = await concerning(store, page, terms, filters);
    const uids = found.map(({ planned }) => planned.uid);
    const judged = judgeAll(await store.load(uids), terms).filter(
      ({ judgement: { verdict } }) => concernsARun(verdict) || verdict === 'upcoming',
    );
    yield { judged, from: page.at(-1)?.earliest ?? until };
  }
}

/** Yields every object that has a policy, with the verdict on it, in no order. */
export function explainedSubjects(
  store: Store,
  terms: Terms,
  filters: SurveyFilters,
): AsyncGenerator<Judged> {
  return judgedIn(store, store.findWithPolicy(filters), terms, filters);
}

/** Yields every object, with the verdict on it, in no order. */
export function allSubjects(
  store: Store,
  terms: Terms,
  filters: SurveyFilters,
): AsyncGenerator<Judged> {
  return judgedIn(store, store.findAll(filters), terms, filters);
}

/** Yields the Active certificates, whether they have a policy or not, in no order. */
export async function* activeCertificates(
  store: Store,
  filters: SurveyFilters,
): AsyncGenerator<Subject> {
  for await (const page of store.findActiveCertificates(filters)) {
    const uids = page.filter((candidate) => passes(candidate, filters)).map(({ id }) => id);
    yield* await store.load(uids);
  }
}

async function* judgedIn(
  store: Store,
  pages: AsyncIterable<readonly Candidate[]>,
  terms: Terms,
  filters: SurveyFilters,
): AsyncGenerator<Judged> {
  for await (const page of pages) {
    const uids = page
      .filter((candidate) => passes(candidate, filters))
      .map((candidate) => candidate.id);
    yield* judgeAll(await store.load(uids), terms);
  }
}

/** Collects what a generator yields, or only what is made of each: a subject holds whole rows. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]>;
export async function collect<T, U>(items: AsyncIterable<T>, made: (item: T) => U): Promise<U[]>;
export async function collect<T, U>(items: AsyncIterable<T>, made?: (item: T) => U) {
  const collected: (T | U)[] = [];
  for await (const item of items) collected.push(made === undefined ? item : made(item));
  return collected;
}

function judgeAll(subjects: readonly Subject[], terms: Terms): readonly Judged[] {
  return subjects.map((subject) => ({
    subject,
    judgement: judge(subject, terms, unsupportedReason(subject)),
  }));
}

interface Concern {
  readonly candidate: Candidate;
  readonly planned: PlannedKey;
  readonly outline: Outline;
}

async function concerning(
  store: Store,
  page: readonly DueCandidate[],
  terms: Terms,
  filters: SurveyFilters,
): Promise<readonly Concern[]> {
  const concerns = page.flatMap((candidate): Concern[] => {
    const deadlineAt = deadlineIn(candidate, terms);
    if (deadlineAt === 'none') return [];
    if (!passes(candidate, filters)) return [];
    const planned = {
      uid: candidate.id,
      deadlineAt,
      wrappingKeyUid: candidate.wrappingKeyId,
      publicKeyUid: linkOfPair(candidate),
    };
    return [{ candidate, planned, outline: outlineOf(candidate) }];
  });
  const links = concerns.map(({ outline }) => outline.replacedBy).filter((uid) => uid !== null);
  const present = links.length === 0 ? new Set<string>() : await store.existing(links);
  return concerns.filter(({ outline }) => {
    const { replacedBy } = outline;
    const known = replacedBy !== null && present.has(replacedBy) ? replacedBy : null;
    return exclusionOf({ ...outline, replacedBy: known }) === null;
  });
}

/**
 * Returns when a candidate is due; null where nobody can tell, `none` where the terms do not reach. What the
 * database has reckoned by the rule of its index, it need not be read for: it is loaded and judged before anything
 * is done with it.
 */
function deadlineIn(candidate: DueCandidate, terms: Terms): EpochSeconds | null | 'none' {
  const isReckoned = terms.firstDeadline === 'offset' && candidate.earliest >= 0;
  if (isReckoned) return candidate.earliest;
  const { verdict, deadline } = judgeSchedule(candidate, terms);
  return concernsARun(verdict) || verdict === 'upcoming' ? (deadline?.at ?? null) : 'none';
}

/** A certificate has such a link too, but what wraps is the pair. */
function linkOfPair(candidate: Candidate): string | null {
  const uid = linkIn(candidate, 'PublicKeyLink');
  if (uid === null) return null;
  const { id, attributes } = candidate;
  return readableAttributes(id, attributes)?.objectType === 'Certificate' ? null : uid;
}

/** What the column tells of an Active candidate; one that cannot be read is excluded from nothing. */
function outlineOf(candidate: Candidate): Outline {
  // Its type is told by the object alone, which is not loaded yet.
  return {
    uid: candidate.id,
    state: 'Active',
    objectType: null,
    wrappingKeyUid: candidate.wrappingKeyId,
    replacedBy: linkIn(candidate, 'ReplacementObjectLink'),
  };
}

/** Returns the uid that a link of a candidate leads to, or null; one to itself leads nowhere. */
function linkIn({ id, attributes: text }: Candidate, linkType: LinkType): string | null {
  // Nearly all that is due has none, and need not be read for it.
  if (!text.includes(linkType)) return null;
  const attributes = readableAttributes(id, text);
  const uid = attributes === null ? null : linkTo(attributes, linkType);
  return uid === id ? null : uid;
}

/** Says whether a row passes the filters that the database was not asked to apply. */
export function passes(candidate: Candidate, { objectType, shard }: SurveyFilters): boolean {
  if (shard !== undefined && !isInShard(candidate.id, shard)) return false;
  return ofType(candidate, objectType);
}

/** A row whose type cannot be read is of any type: it must not go unseen. */
function ofType(candidate: Candidate, objectType: string | undefined): boolean {
  if (objectType === undefined) return true;
  try {
    const members = decodeAttributesColumn(candidate.id, candidate.attributes);
    const found = memberReader(members, 'attributes').enumeration('ObjectType', OBJECT_TYPES);
    return (found ?? objectType) === objectType;
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return true;
    throw error;
  }
}
