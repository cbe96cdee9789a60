// Plans what becomes of the rotation policies of many keys, page by page. Nothing is written: that is changes.ts's.
import type { ObjectProperties } from '../rotation/policy-rules.js';
import {
  describeChange,
  prepareChange,
  takenNextUids,
  type DesiredPolicy,
  type PolicyEffect,
  type ChangeOptions,
} from './prepare-change.js';
import { policyOf } from './policy-view.js';
import { KmsError } from '../errors.js';
import { policyViolation } from '../flows/set-policy.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { Store } from '../store/store.js';
import { algorithmOf } from '../kmip/managed-object.js';

/** What is asked for one key, and why. */
export interface PolicySelection {
  readonly desiredPolicy: DesiredPolicy;
  /** Places of the rules that match, the one that counts first; empty where there are no rules. */
  readonly rules: readonly number[];
  /** Those of them that ask for something else than the first. */
  readonly conflicting: readonly number[];
  /** Whether it was named by its uid. If so, a policy that it cannot have is a failure; else it is passed over. */
  readonly named: boolean;
}

/** Returns what is asked for a key, or null if the command is not about it. */
export type SelectPolicy = (properties: ObjectProperties) => PolicySelection | null;

export interface PlannedChange extends PolicyEffect {
  readonly uid: string;
  readonly desiredPolicy: DesiredPolicy;
  readonly rule: number | null;
}

export interface PolicyFailure {
  readonly uid: string;
  readonly rule: number | null;
  readonly error: KmsError;
}

export interface RuleConflict {
  readonly uid: string;
  /** Places of rules that ask for different things; the first counts. */
  readonly rules: readonly number[];
}

export interface PolicyPlan {
  readonly planned: readonly PlannedChange[];
  readonly failed: readonly PolicyFailure[];
  readonly unchanged: number;
  /** Objects that no run rotates: public keys, replaced ones and the like. */
  readonly passedOver: number;
  readonly unmatched: readonly string[];
  readonly conflicts: readonly RuleConflict[];
}

export async function planPolicies(
  store: Pick<Store, 'load' | 'tagsOf' | 'existingUids'>,
  pages: AsyncIterable<readonly string[]>,
  options: ChangeOptions,
  select: SelectPolicy,
): Promise<PolicyPlan> {
  const parts: PolicyPlan[] = [];
  for await (const uids of pages) parts.push(await planPage(store, uids, options, select));
  return {
    planned: parts.flatMap(({ planned }) => planned),
    failed: parts.flatMap(({ failed }) => failed),
    unchanged: sum(parts, ({ unchanged }) => unchanged),
    passedOver: sum(parts, ({ passedOver }) => passedOver),
    unmatched: parts.flatMap(({ unmatched }) => unmatched),
    conflicts: parts.flatMap(({ conflicts }) => conflicts),
  };
}

/** What becomes of one key. */
type Outcome =
  | { readonly kind: 'planned'; readonly effect: PolicyEffect }
  | { readonly kind: 'failed'; readonly error: KmsError }
  | { readonly kind: 'unchanged' | 'passed-over' | 'unmatched' };

interface Decision {
  readonly uid: string;
  readonly selection: PolicySelection;
  readonly outcome: Outcome;
}

async function planPage(
  store: Pick<Store, 'load' | 'tagsOf' | 'existingUids'>,
  uids: readonly string[],
  options: ChangeOptions,
  select: SelectPolicy,
): Promise<PolicyPlan> {
  const candidates = await store.load(uids);
  const tags = await store.tagsOf(uids);
  const nextTaken = await takenNextUids(store, candidates);
  const decisions = candidates.flatMap((candidate): readonly Decision[] => {
    const uid = candidate.row.id;
    const selection = select(propertiesOf(candidate, tags.get(uid) ?? []));
    if (selection === null) return [];
    return [{ uid, selection, outcome: decide(candidate, selection, options, nextTaken) }];
  });
  return planOf(decisions);
}

function decide(
  candidate: RotationCandidate,
  { desiredPolicy, named }: PolicySelection,
  options: ChangeOptions,
  nextTaken: ReadonlySet<string>,
): Outcome {
  if (!named && isIneligible(candidate, desiredPolicy)) return { kind: 'passed-over' };
  if (desiredPolicy.kind === 'unmatched') return { kind: 'unmatched' };
  try {
    const replacement = prepareChange(candidate, desiredPolicy, options, nextTaken);
    if (replacement === null) return { kind: 'unchanged' };
    return { kind: 'planned', effect: describeChange(candidate, replacement, options) };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    return { kind: 'failed', error };
  }
}

function planOf(decisions: readonly Decision[]): PolicyPlan {
  const count = (kind: Outcome['kind']) =>
    decisions.filter(({ outcome }) => outcome.kind === kind).length;
  return {
    planned: decisions.flatMap(({ uid, selection: { desiredPolicy, rules }, outcome }) =>
      outcome.kind === 'planned'
        ? [{ uid, desiredPolicy, rule: rules[0] ?? null, ...outcome.effect }]
        : [],
    ),
    failed: decisions.flatMap(({ uid, selection: { rules }, outcome }) =>
      outcome.kind === 'failed' ? [{ uid, rule: rules[0] ?? null, error: outcome.error }] : [],
    ),
    unchanged: count('unchanged'),
    passedOver: count('passed-over'),
    unmatched: decisions.flatMap(({ uid, outcome }) => (outcome.kind === 'unmatched' ? [uid] : [])),
    conflicts: decisions.flatMap(({ uid, selection: { rules, conflicting }, outcome }) =>
      outcome.kind === 'passed-over' || conflicting.length === 0
        ? []
        : [{ uid, rules: [...rules.slice(0, 1), ...conflicting] }],
    ),
  };
}

/** A key whose row cannot be read matches by what can be read of it, so that it is not silently left out. */
function propertiesOf(
  { row, object }: RotationCandidate,
  tags: readonly string[],
): ObjectProperties {
  const known = object instanceof KmsError ? null : object;
  return {
    uid: row.id,
    owner: row.owner,
    objectType: known?.objectType ?? '',
    algorithm: known === null ? null : algorithmOf(known),
    tags,
  };
}

/** Whether an object is none of those that can have the desired policy. Any policy can be cleared. */
function isIneligible(candidate: RotationCandidate, desiredPolicy: DesiredPolicy): boolean {
  const { object, replacedBy } = candidate;
  if (object instanceof KmsError) return false;
  if (desiredPolicy.kind === 'clear')
    return policyOf(object, candidate.options).intervalSeconds === null;
  const change = desiredPolicy.kind === 'set' ? desiredPolicy.change : null;
  return policyViolation(object, replacedBy, change) !== null;
}

function sum(parts: readonly PolicyPlan[], count: (part: PolicyPlan) => number): number {
  return parts.reduce((total, part) => total + count(part), 0);
}
