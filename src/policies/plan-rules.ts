// Plans the rules of a policy file over a whole store: finds the objects that they name, and the rule of each key.
import {
  rulesConflict,
  matchingRules,
  type ObjectProperties,
  type PolicyRule,
} from '../rotation/policy-rules.js';
import {
  planPolicies,
  type PolicyFailure,
  type PolicyPlan,
  type PolicySelection,
} from './policy-plan.js';
import type { ChangeOptions } from './prepare-change.js';
import { resolveAddress } from './resolve-address.js';
import { uidPages } from './target.js';
import type { Store } from '../store/store.js';

/** Returns what the rules would change in a store; addresses that mean no object are failures. */
export async function planRules(
  store: Pick<Store, 'findAll' | 'load' | 'tagsOf' | 'existingUids' | 'resolveUid'>,
  options: ChangeOptions,
  rules: readonly PolicyRule[],
): Promise<PolicyPlan> {
  const { resolved, failed } = await resolveUids(store, rules);
  const pages = uidPages(store.findAll({ tags: [] }));
  const plan = await planPolicies(store, pages, options, (properties) =>
    selectByRules(resolved, properties),
  );
  return { ...plan, failed: [...failed, ...plan.failed] };
}

function selectByRules(
  rules: readonly PolicyRule[],
  properties: ObjectProperties,
): PolicySelection {
  const matching = matchingRules(rules, properties);
  const [first] = matching;
  const rule = first === undefined ? undefined : rules[first];
  if (rule === undefined) {
    return { desiredPolicy: { kind: 'unmatched' }, rules: [], conflicting: [], named: false };
  }
  const conflicts = (place: number) => {
    const other = rules[place];
    return other !== undefined && rulesConflict(rule, other);
  };
  return {
    desiredPolicy: rule.change === null ? { kind: 'leave' } : { kind: 'set', change: rule.change },
    rules: matching,
    conflicting: matching.filter(conflicts),
    named: rule.selectors.uid !== undefined,
  };
}

/** Returns the rules with the uids that their addresses mean now, and a failure for each that means none. */
async function resolveUids(
  store: Pick<Store, 'load' | 'resolveUid'>,
  rules: readonly PolicyRule[],
) {
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
      const found = await resolveAddress(store, address, place);
      if ('uid' in found) uids.push(await latestReplacement(store, found.uid));
      else failed.push(found.failure);
    }
    resolved.push({ ...rule, selectors: { ...rule.selectors, uid: uids } });
  }
  return { resolved, failed };
}

/**
 * A policy goes on with what replaced a key, so a file that names the replaced key means its latest replacement, however
 * many there are: a rule that protects a key must never lose it to the next rule.
 */
async function latestReplacement(store: Pick<Store, 'load'>, uid: string): Promise<string> {
  const seen = new Set<string>();
  // The loop ends in a circle of links too.
  for (let latest = uid; !seen.has(latest);) {
    seen.add(latest);
    const [candidate] = await store.load([latest]);
    if (candidate === undefined || candidate.replacedBy === null) return latest;
    latest = candidate.replacedBy;
  }
  return uid;
}
