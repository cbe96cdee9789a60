// What is to become of the rotation policies of many keys: looked through page by page, decided for each
// key, nothing written. Writing is changes.ts's.
import { algorithmOf } from '../report/object-summary.js';
import { KmsError } from '../errors.js';
import type { RowReplacement } from '../flows/change.js';
import { clearPolicy, policyViolation, setPolicy } from '../flows/set-policy.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { decodeAttributes } from '../kmip/attributes.js';
import { decodeAttributesColumn, type ManagedObject } from '../kmip/managed-object.js';
import { nextUid } from '../rotation/keyset.js';
import type { PolicyChange, Traits } from '../rotation/policy-rules.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { evaluateSchedule, type EvaluationOptions } from '../rotation/eligibility.js';
import type { Store } from '../store/open.js';

/** What is wished for a key: a change, no policy at all, or nothing. */
export type DesiredPolicy =
  | { readonly kind: 'set'; readonly change: PolicyChange }
  | { readonly kind: 'clear' }
  | { readonly kind: 'leave' }
  /** No rule speaks of it. */
  | { readonly kind: 'unmatched' };

export interface PolicySelection {
  readonly desiredPolicy: DesiredPolicy;
  /** Places of the rules that match, the one that counts first; empty where there are no rules. */
  readonly rules: readonly number[];
  /** Of these, those that ask for something else than the first. */
  readonly conflicting: readonly number[];
  /** Whether it was named by its uid: what cannot be done is then a failure, else passed over. */
  readonly named: boolean;
}

export interface PolicyOptions {
  readonly now: EpochSeconds;
  readonly firstDeadline: FirstDeadlineRule;
}

/** A policy as it is told. */
export interface PolicyView {
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  readonly automatic: boolean | null;
  readonly keyset: string | null;
}

export interface PlannedChange {
  readonly uid: string;
  readonly desiredPolicy: DesiredPolicy;
  readonly rule: number | null;
  readonly before: PolicyView;
  readonly after: PolicyView;
  /** With the change; null if it is then not armed or not Active. */
  readonly deadline: EpochSeconds | null;
  /** Whether it is due with the change and was not without. */
  readonly newlyDue: boolean;
}

export interface PolicyFailure {
  readonly uid: string;
  readonly rule: number | null;
  readonly error: KmsError;
}

export interface Conflict {
  readonly uid: string;
  /** Places of rules that ask for different things; the first counts. */
  readonly rules: readonly number[];
}

export interface PolicyPlan {
  readonly planned: readonly PlannedChange[];
  readonly failed: readonly PolicyFailure[];
  readonly unchanged: number;
  /** Objects that no run rotates: public halves, replaced ones and the like. */
  readonly passedOver: number;
  readonly unmatched: readonly string[];
  readonly conflicts: readonly Conflict[];
  /** How many keys each rule counted for, by its place. */
  readonly taken: ReadonlyMap<number, number>;
}

/** Looks through pages of uids, each chosen for by its traits; those of no interest by null. */
export async function planPolicies(
  store: Store,
  pages: AsyncIterable<readonly string[]>,
  terms: PolicyOptions,
  choose: (traits: Traits) => PolicySelection | null,
): Promise<PolicyPlan> {
  const planned: PlannedChange[] = [];
  const failed: PolicyFailure[] = [];
  const unmatched: string[] = [];
  const conflicts: Conflict[] = [];
  const taken = new Map<number, number>();
  let unchanged = 0;
  let passedOver = 0;
  for await (const uids of pages) {
    const candidates = await store.load(uids);
    const tags = await store.tagsOf(uids);
    const nextTaken = await takenNextUids(store, candidates);
    for (const candidate of candidates) {
      const uid = candidate.row.id;
      const selection = choose(traitsOf(candidate, tags.get(uid) ?? []));
      if (selection === null) continue;
      const { desiredPolicy, rules, conflicting, named } = selection;
      if (!named && isPassedOver(candidate, desiredPolicy)) {
        passedOver += 1;
        continue;
      }
      const rule = rules[0] ?? null;
      if (rule !== null) taken.set(rule, (taken.get(rule) ?? 0) + 1);
      if (conflicting.length > 0 && rule !== null) {
        conflicts.push({ uid, rules: [rule, ...conflicting] });
      }
      if (desiredPolicy.kind === 'unmatched') {
        unmatched.push(uid);
        continue;
      }
      try {
        const replacement = prepareChange(candidate, desiredPolicy, terms, nextTaken);
        if (replacement === null) unchanged += 1;
        else
          planned.push({
            uid,
            desiredPolicy,
            rule,
            ...describeChange(candidate, replacement, terms),
          });
      } catch (error) {
        if (!(error instanceof KmsError)) throw error;
        failed.push({ uid, rule, error });
      }
    }
  }
  return { planned, failed, unchanged, passedOver, unmatched, conflicts, taken };
}

/**
 * Returns the row with a wish come true, or null if it is so already.
 *
 * @throws KmsError if it cannot be.
 */
export function prepareChange(
  candidate: RotationCandidate,
  desiredPolicy: DesiredPolicy,
  terms: PolicyOptions,
  nextTaken: ReadonlySet<string>,
): RowReplacement | null {
  if (desiredPolicy.kind === 'leave' || desiredPolicy.kind === 'unmatched') return null;
  if (desiredPolicy.kind === 'clear') return clearPolicy(candidate);
  const replacement = setPolicy(candidate, desiredPolicy.change);
  const uid = candidate.row.id;
  if (replacement !== null && enrols(candidate, desiredPolicy) && nextTaken.has(nextUid(uid, 0))) {
    throw new KmsError(
      'KeysetConflict',
      `${JSON.stringify(uid)} cannot name a keyset: the uid of its next generation is taken`,
      { uid, hint: 'leave the keyset out: it is rotated without one too' },
    );
  }
  const { failure } = evaluateSchedule(replacement?.after ?? candidate.row, scheduleOptions(terms));
  if (replacement !== null && failure !== null) throw failure;
  return replacement;
}

/** Returns which uids are taken that the next generations of these subjects would get in a keyset. */
export async function takenNextUids(
  store: Store,
  candidates: readonly RotationCandidate[],
): Promise<ReadonlySet<string>> {
  const next = candidates
    .filter(({ object }) => !(object instanceof KmsError) && object.attributes.rotateName === null)
    .map(({ row }) => nextUid(row.id, 0));
  return store.existing(next);
}

/** Returns a policy as it is told. */
export function policyOf(object: ManagedObject | Pick<ManagedObject, 'attributes'>): PolicyView {
  const { rotateInterval, rotateOffset, rotateAutomatic, rotateName } = object.attributes;
  return {
    intervalSeconds: rotateInterval,
    offsetSeconds: rotateOffset,
    automatic: rotateAutomatic,
    keyset: rotateName,
  };
}

/** One whose row cannot be read matches by what can be read of it, so that it does not go unseen. */
function traitsOf({ row, object }: RotationCandidate, tags: readonly string[]): Traits {
  const known = object instanceof KmsError ? null : object;
  return {
    uid: row.id,
    owner: row.owner,
    objectType: known?.objectType ?? '',
    algorithm: known === null ? null : algorithmOf(known),
    tags,
  };
}

/** A policy may be cleared wherever there is one. */
function isPassedOver(candidate: RotationCandidate, desiredPolicy: DesiredPolicy): boolean {
  const { object, replacedBy } = candidate;
  if (object instanceof KmsError) return false;
  if (desiredPolicy.kind === 'clear') return policyOf(object).intervalSeconds === null;
  return policyViolation(object, replacedBy) !== null;
}

function enrols({ object }: RotationCandidate, desiredPolicy: DesiredPolicy): boolean {
  if (desiredPolicy.kind !== 'set' || desiredPolicy.change.keyset !== true) return false;
  return !(object instanceof KmsError) && object.attributes.rotateName === null;
}

/** Returns what is told of a change: the policy before and after, and the deadline that it makes. */
export function describeChange(
  candidate: RotationCandidate,
  { after }: RowReplacement,
  terms: PolicyOptions,
) {
  const evaluated = (row: Parameters<typeof evaluateSchedule>[0]) =>
    evaluateSchedule(row, scheduleOptions(terms));
  const isActive = candidate.row.state === 'Active';
  const then = evaluated(after);
  return {
    before: viewIn(candidate.row),
    after: viewIn(after),
    deadline: isActive ? (then.deadline?.at ?? null) : null,
    newlyDue: isActive && then.verdict === 'due' && evaluated(candidate.row).verdict !== 'due',
  };
}

function viewIn(row: RowReplacement['after']): PolicyView {
  const members = decodeAttributesColumn(row.id, row.attributes);
  return policyOf({ attributes: decodeAttributes(members, 'attributes') });
}

function scheduleOptions({ now, firstDeadline }: PolicyOptions): EvaluationOptions {
  return { now, firstDeadline, withinSeconds: 0 };
}
