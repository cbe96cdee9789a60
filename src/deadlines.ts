// Looks through a store for deadlines that are near: rotations, through the index of deadlines, and ends of Active
// certificates. Whether one is near enough, rotation/warning.ts says.
import { readCertificate } from './crypto/certificate.js';
import { KmsError } from './errors.js';
import { certificateBytes, certificateObstacle } from './kmip/certificate.js';
import type { ManagedObject } from './kmip/managed-object.js';
import { factsOf, type ObjectFacts } from './object-facts.js';
import { compareUids } from './rotation/plan.js';
import type { FirstDeadlineRule } from './rotation/schedule.js';
import type { Subject } from './rotation/subject.js';
import { exclusionOf } from './rotation/verdict.js';
import {
  horizonOf,
  warningOf,
  type DeadlineWarning,
  type WarningTerms,
} from './rotation/warning.js';
import type { Store } from './store/open.js';
import { dueSubjects, passes, type Judged, type SurveyFilters } from './survey.js';

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
  for await (const page of store.findActiveCertificates(filters)) {
    const uids = page.filter((candidate) => passes(candidate, filters)).map(({ id }) => id);
    for (const subject of await store.load(uids)) {
      const found = expiryWarning(subject, terms);
      if (found instanceof KmsError) failures.push({ uid: subject.row.id, error: found });
      else if (found !== null) near.push(found);
    }
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

/** Null for one that is not near its end, or of which a run would say nothing either. */
function expiryWarning(subject: Subject, terms: WarningTerms): NearDeadline | KmsError | null {
  const { object, row, replacedBy } = subject;
  if (object instanceof KmsError) return object;
  const { state, objectType, wrappingKeyUid } = object;
  const outline = { uid: row.id, state, objectType, wrappingKeyUid, replacedBy };
  if (exclusionOf(outline) !== null || objectType !== 'Certificate') return null;
  try {
    const term = endOf(object);
    const warning = term === null ? null : warningOf(term, terms);
    return warning === null ? null : { ...warning, uid: row.id, facts: factsOf(subject) };
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}

/** Null for what is no X.509 certificate, and so has no end that we know of. */
function endOf(object: ManagedObject) {
  if (certificateObstacle(object) !== null) return null;
  const { notBefore, notAfter } = readCertificate(certificateBytes(object));
  return { kind: 'expiry', deadline: notAfter, spanSeconds: notAfter - notBefore } as const;
}

function byDeadline(one: NearDeadline, other: NearDeadline): number {
  return one.deadline - other.deadline || compareUids(one.uid, other.uid);
}
