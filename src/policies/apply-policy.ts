// Rules of a policy file over a whole store: what uids they name, and which rule is whose.
import { KmsError } from '../errors.js';
import { LONGEST_CHAIN } from '../rotation/related-objects.js';
import { disagree, matchingRules, type PolicyRule, type Traits } from '../rotation/policy-rules.js';
import {
  planPolicies,
  type PolicySelection,
  type PolicyFailure,
  type PolicyPlan,
  type PolicyOptions,
} from './policy-plan.js';
import { uidPages } from './target.js';
import type { Store } from '../store/open.js';

/** Looks through the whole store, and returns what the rules would have changed. */
export async function planRules(
  store: Store,
  terms: PolicyOptions,
  rules: readonly PolicyRule[],
): Promise<PolicyPlan> {
  const { resolved, failed } = await resolveUids(store, rules);
  const pages = uidPages(store.findAll({ tags: [] }));
  const plan = await planPolicies(store, pages, terms, (traits) => selectionBy(resolved, traits));
  return { ...plan, failed: [...failed, ...plan.failed] };
}

function selectionBy(rules: readonly PolicyRule[], traits: Traits): PolicySelection {
  const matching = matchingRules(rules, traits);
  const [place] = matching;
  const rule = place === undefined ? undefined : rules[place];
  if (rule === undefined) {
    return { desiredPolicy: { kind: 'unmatched' }, rules: [], conflicting: [], named: false };
  }
  const differs = (other: number) => {
    const otherRule = rules[other];
    return otherRule !== undefined && disagree(rule, otherRule);
  };
  return {
    desiredPolicy: rule.change === null ? { kind: 'leave' } : { kind: 'set', change: rule.change },
    rules: matching,
    conflicting: matching.filter(differs),
    named: rule.selectors.uid !== undefined,
  };
}

/** Returns the rules with the uids that their addresses mean now; those that mean none as failures. */
async function resolveUids(store: Store, rules: readonly PolicyRule[]) {
  const failed: PolicyFailure[] = [];
  const resolved: PolicyRule[] = [];
  for (const [place, rule] of rules.entries()) {
    const { uid: addresses } = rule.selectors;
    if (addresses === undefined) {
      resolved.push(rule);
      continue;
    }
    const uids: string[] = [];
    for (const address of addresses) {
      try {
        uids.push(await latestOf(store, await store.resolveUid(address)));
      } catch (error) {
        // Any other failure is the store's, and ends the command.
        if (!(error instanceof KmsError) || error.uid === null) throw error;
        failed.push({ uid: address, rule: place, error });
      }
    }
    resolved.push({ ...rule, selectors: { ...rule.selectors, uid: uids } });
  }
  return { resolved, failed };
}

/** A policy goes on with what replaced a key, so a file that names the replaced one means its replacement. */
async function latestOf(store: Store, uid: string): Promise<string> {
  let latest = uid;
  for (let length = 0; length < LONGEST_CHAIN; length += 1) {
    const [candidate] = await store.load([latest]);
    if (candidate === undefined || candidate.replacedBy === null) return latest;
    latest = candidate.replacedBy;
  }
  return latest;
}
