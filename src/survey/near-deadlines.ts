// Looks through a store for deadlines that are near: rotations, through the index of deadlines, and ends of Active
// certificates. Whether one is near enough, rotation/warning.ts says.
import { certificateTerm } from './certificate-validity.js';
import { KmsError } from '../errors.js';
import { factsOf, type ObjectFacts } from '../report/object-facts.js';
import { compareUids } from '../rotation/plan.js';
import type { FirstDeadlineRule } from '../rotation/schedule.js';
import type { Subject } from '../rotation/subject.js';
import { exclusionOfSubject } from '../rotation/verdict.js';
import {
  horizonOf,
  warningOf,
  type DeadlineWarning,
  type WarningTerms,
} from '../rotation/warning.js';
import type { Store } from '../store/open.js';
import { activeCertificates, dueSubjects, type Judged, type SurveyFilters } from './survey.js';

export interface NearDeadline extends DeadlineWarning {
  readonly uid: string;
  readonly facts: ObjectFacts;
}

export interface Deadlines {
  /** By deadline, then uid. */
  readonly near: readonly NearDeadline[];
  /** How many keys are past their deadline, and so due. */
  readonly due: number;
  /** Active certificates whose end cannot be told. */
  readonly failures: readonly { readonly uid: string; readonly error: KmsError }[];
}

export async function findDeadlines(
  store: Store,
  terms: WarningTerms & { readonly firstDeadline: FirstDeadlineRule },
  filters: SurveyFilters,
): Promise<Deadlines> {
  const near: NearDeadline[] = [];
  let due = 0;
  const schedule = { ...terms, withinSeconds: horizonOf(terms) };
  for await (const judged of dueSubjects(store, schedule, filters)) {
    const { verdict } = judged.judgement;
    if (verdict === 'due' || verdict === 'unsupported') due += 1;
    const warning = verdict === 'upcoming' ? rotationWarning(judged, terms) : null;
    if (warning !== null) near.push(warning);
  }
  const failures: { uid: string; error: KmsError }[] = [];
  for await (const subject of activeCertificates(store, filters)) {
    // A run would say nothing of it either.
    if (exclusionOfSubject(subject) !== null) continue;
    const found = expiryWarning(subject, terms);
    if (found instanceof KmsError) failures.push({ uid: subject.row.id, error: found });
    else if (found !== null) near.push(found);
  }
  return { near: near.sort(byDeadline), due, failures };
}

function rotationWarning({ subject, judgement }: Judged, terms: WarningTerms): NearDeadline | null {
  const { object, row } = subject;
  const { deadline } = judgement;
  const spanSeconds = object instanceof KmsError ? null : object.attributes.rotateInterval;
  if (deadline === null || spanSeconds === null) return null;
  const warning = warningOf({ kind: 'rotation', deadline: deadline.at, spanSeconds }, terms);
  return warning === null ? null : { ...warning, uid: row.id, facts: factsOf(subject) };
}

/** Null for one that is not near its end, or has none. */
function expiryWarning(subject: Subject, terms: WarningTerms): NearDeadline | KmsError | null {
  const term = certificateTerm(subject.object);
  if (term === null || term instanceof KmsError) return term;
  const { notBefore, notAfter: deadline } = term;
  const warning = warningOf({ kind: 'expiry', deadline, spanSeconds: deadline - notBefore }, terms);
  return warning === null ? null : { ...warning, uid: subject.row.id, facts: factsOf(subject) };
}

function byDeadline(one: NearDeadline, other: NearDeadline): number {
  return one.deadline - other.deadline || compareUids(one.uid, other.uid);
}
