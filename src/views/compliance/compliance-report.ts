// Which keys comply with their policies and which do not: gathers what rotation/compliance.ts evaluates.
// compliance-table.ts and compliance-html.ts draw it, compliance-json.ts makes its document.
import { securityStrengthOf } from '../../crypto/keys/security-strength.js';
import { certificateLinks, certificatesUsing } from '../../survey/certificate-links.js';
import { certificateDatesOf, validityOf } from '../../survey/certificate-validity.js';
import { isOfRotation, type Condition } from '../../conditions/condition.js';
import { KmsError } from '../../errors.js';
import { newSortedList } from '../../files/sorted-list.js';
import { filtered } from '../../text/lazy-lists.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { type ManagedObject } from '../../kmip/managed-object.js';
import {
  findStaleDependants,
  type StaleDependant,
  type StaleDependantsStore,
} from '../../survey/stale-dependants.js';
import { compareUids } from '../../rotation/plan.js';
import { leavesToOthers } from '../../rotation/exclusion.js';
import { dateViolationsOf } from '../../rotation/date-violations.js';
import {
  violationsOf,
  VIOLATIONS,
  type ComplianceOptions,
  type Violation,
  type ViolationName,
  type ComplianceInput,
} from '../../rotation/compliance.js';
import { usePeriodsOf } from '../../rotation/use-periods.js';
import type { Eligibility, Evaluation, EvaluationOptions } from '../../rotation/eligibility.js';
import type { Store } from '../../store/store.js';
import { unfinishedReplacements } from '../../survey/unfinished-replacements.js';
import { retirements, type Retirement, type RetirementStore } from '../../survey/retirements.js';
import { allCandidates, collect } from '../../survey/survey.js';
import { ROTATABLE_TYPES } from '../../rotation/policy-rules.js';
import { keySummaryOf, type KeySummary } from '../keys/key-summary.js';
import { activeConditions, type ActiveConditions } from '../status/active-conditions.js';
import type { ReportedFinding } from './report-findings.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';
import type { EvaluatedCandidate } from '../../survey/evaluated-candidate.js';
import type { CertificateLinks } from '../../flows/rotation-context.js';

export interface ReportedKey extends KeySummary {
  /** When it was made or last rotated. */
  readonly since: EpochSeconds | null;
  /** When it is to be rotated next. */
  readonly deadline: EpochSeconds | null;
  /** When a certificate ends. */
  readonly notAfter: EpochSeconds | null;
  readonly violations: readonly Violation[];
  /** What lasts, as kms status lists it. */
  readonly conditions: readonly Condition[];
}

export interface ComplianceReport {
  readonly now: EpochSeconds;
  /** The most urgent violations first. */
  readonly keys: Iterable<ReportedKey>;
  readonly counts: KeyCounts;
  /** What else is wrong in the store. */
  readonly findings: readonly ReportedFinding[];
  /** What is replaced, and Active until its overlap ends. */
  readonly retiring: readonly Retirement[];
}

/** What is counted while the keys are found: there may be more of them than fit into memory. */
export interface KeyCounts {
  readonly keys: number;
  readonly compliant: number;
  /** How many keys have each violation; violations that no key has are left out. */
  readonly byViolation: ReadonlyMap<ViolationName, number>;
}

/** Eligibilities of objects to which no policy applies. */
const PASSED_OVER: readonly Eligibility[] = [
  'not-active',
  'public-key',
  'already-replaced',
  'retiring',
];

/** Returns the report on all keys that pass the filters: the most urgent violations first. */
export async function complianceReport(
  store: StaleDependantsStore &
    Pick<Store, 'findAll' | 'findByUids' | 'load' | 'openConditions' | 'findActiveCertificates'> &
    RetirementStore,
  options: EvaluationOptions & ComplianceOptions,
  filters: SurveyFilters,
): Promise<Omit<ComplianceReport, 'findings'>> {
  const found = (await collect(findStaleDependants(store, filters, options.hsm))).flat();
  const retiring = await store.retiringObjects();
  const staleDependants = new Map(
    // What is under a key in its overlap still opens, and moves before that ends.
    found
      .filter(({ wrappingKeyUid }) => !retiring.has(wrappingKeyUid))
      .map((staleDependant) => [staleDependant.uid, staleDependant]),
  );
  const conditions = await activeConditions(store);
  const links = await certificateLinks(store);
  const keys = newSortedList(byUrgency);
  const leftovers = await unfinishedReplacements(store, filters);
  for await (const evaluated of allCandidates(store, options, filters)) {
    const key = reported(evaluated, { options, staleDependants, conditions, links, leftovers });
    if (key !== null) keys.add(key);
  }
  return {
    now: options.now,
    keys,
    counts: countsOf(keys),
    retiring: await retirements(store, Infinity, filters),
  };
}

interface ReportInputs {
  readonly options: EvaluationOptions & ComplianceOptions;
  readonly staleDependants: ReadonlyMap<string, StaleDependant>;
  readonly conditions: ActiveConditions;
  readonly links: readonly CertificateLinks[];
  /** What each replaces, by its uid. */
  readonly leftovers: ReadonlyMap<string, string>;
}

function reported(
  { candidate, evaluation }: EvaluatedCandidate,
  { options, staleDependants, conditions, links, leftovers }: ReportInputs,
): ReportedKey | null {
  const { row } = candidate;
  const object = candidate.object instanceof KmsError ? null : candidate.object;
  const term = validityOf(candidate.object);
  const notAfter = term instanceof KmsError ? null : (term?.notAfter ?? null);
  const certificate = certificateDatesOf(candidate);
  const dates = dateViolationsOf(candidate, evaluation, { now: options.now, certificate });
  const isEvaluated =
    !isLeftOut(evaluation, options) &&
    (object === null || ROTATABLE_TYPES.some((type) => type === object.objectType));
  const staleDependant = staleDependants.get(row.id) ?? null;
  if (!isEvaluated && staleDependant === null && dates.length === 0) return null;
  const summary = keySummaryOf(candidate);
  const lasting = conditions.get(row.id) ?? [];
  const failing = lasting.find(isOfRotation);
  const input: ComplianceInput = {
    uid: row.id,
    evaluation: isEvaluated ? evaluation : { ...evaluation, eligibility: 'not-active' },
    failures:
      failing === undefined
        ? { count: 0, lastReason: null }
        : { count: failing.failures, lastReason: failing.reason },
    staleDependant:
      staleDependant === null
        ? null
        : { under: staleDependant.wrappingKeyUid, error: staleDependant.error },
    notAfter,
    certificates: object === null ? [] : certificatesUsing(object, candidate.relatedObjects, links),
    dates,
    unfinishedOf: row.state === 'Active' ? (leftovers.get(row.id) ?? null) : null,
    unreadable: isEvaluated && term instanceof KmsError ? term : null,
    strengthBits: isEvaluated ? securityStrengthOf(summary.algorithm, summary.length) : null,
    periods:
      isEvaluated && object !== null
        ? usePeriodsOf(object, evaluation.deadline, certificate)
        : null,
  };
  // Each member of a literal after a spread takes V8 a microsecond.
  return Object.assign(summary, {
    since: object === null ? null : sinceOf(object),
    deadline: isEvaluated ? (evaluation.deadline?.at ?? null) : null,
    notAfter,
    violations: violationsOf(input, options),
    conditions: lasting,
  });
}

/** Of the keys in a hardware security module, only those that runs report as failed are reported. */
function isLeftOut({ eligibility, deadline }: Evaluation, { hsm }: EvaluationOptions): boolean {
  if (eligibility === 'hsm-resident') return leavesToOthers(hsm) || deadline === null;
  return PASSED_OVER.includes(eligibility);
}

function sinceOf({ attributes }: ManagedObject): EpochSeconds | null {
  return attributes.rotateDate ?? attributes.initialDate;
}

function byUrgency(a: ReportedKey, b: ReportedKey): number {
  const rank = ({ violations: [first] }: ReportedKey) =>
    first === undefined ? VIOLATIONS.length : VIOLATIONS.indexOf(first.name);
  const deadline = ({ deadline: at }: ReportedKey) => at ?? Infinity;
  const later = deadline(a) === deadline(b) ? 0 : deadline(a) - deadline(b);
  return rank(a) - rank(b) || later || compareUids(a.uid, b.uid);
}

/** Counts the keys of a report. */
export function countsOf(keys: Iterable<ReportedKey>): KeyCounts {
  const having = new Map<ViolationName, number>();
  let [all, compliant] = [0, 0];
  for (const key of keys) {
    all += 1;
    if (complies(key)) compliant += 1;
    for (const name of new Set(key.violations.map((violation) => violation.name))) {
      having.set(name, (having.get(name) ?? 0) + 1);
    }
  }
  const byViolation = VIOLATIONS.flatMap((name) => {
    const count = having.get(name);
    return count === undefined ? [] : [[name, count] as const];
  });
  return { keys: all, compliant, byViolation: new Map(byViolation) };
}

/** Says whether nothing is wrong, be it with a key or in the store. */
export function allComply({ counts, findings }: ComplianceReport): boolean {
  return findings.length === 0 && counts.compliant === counts.keys;
}

/** Returns the keys that do not comply, read again each time. */
export function failingKeys({ keys }: Pick<ComplianceReport, 'keys'>): Iterable<ReportedKey> {
  return filtered(keys, (key) => !complies(key));
}

export function complies({ violations }: ReportedKey): boolean {
  return violations.length === 0;
}
