// The policies of a store as rules: a kind of key (owner, type, algorithm) that has one policy throughout
// gets one rule, what differs from its like is named by uid.
import { algorithmOf } from '../report/object-summary.js';
import { LONGEST_SECONDS } from '../text/duration.js';
import { KmsError } from '../errors.js';
import { policyViolation } from '../flows/set-policy.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { CRYPTOGRAPHIC_ALGORITHMS } from '../kmip/vocabulary.js';
import { policyOf, type PolicyView } from './policy-plan.js';
import { latestOf, parseAddress } from '../rotation/keyset.js';
import { compareUids } from '../rotation/plan.js';
import { ROTATABLE_TYPES, type PolicyChange, type PolicyRule } from '../rotation/policy-rules.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { Store } from '../store/open.js';

export interface Exported {
  readonly rules: readonly PolicyRule[];
  /** How many keys have a policy. */
  readonly keys: number;
  /** Keys whose policy, or whose row, no file can tell. */
  readonly untold: readonly string[];
}

/** Keys that are alike, and their addresses by policy. */
interface Kind {
  readonly owner: string;
  readonly type: string;
  readonly algorithm: string | null;
  /** By what is to be set, as JSON; `null` for keys without a policy. */
  readonly byPolicy: Map<string, string[]>;
}

export async function exportRules(store: Store): Promise<Exported> {
  const kinds = new Map<string, Kind>();
  const untold: string[] = [];
  for await (const page of store.findAll({ tags: [] })) {
    for (const candidate of await store.load(page.map(({ id }) => id))) {
      const { row, object, replacedBy } = candidate;
      if (object instanceof KmsError) {
        untold.push(row.id);
        continue;
      }
      if (policyViolation(object, replacedBy) !== null) continue;
      const change = changeOf(policyOf(object));
      if (change === 'untellable') untold.push(row.id);
      else note(kinds, object, addressOf(object, candidate), JSON.stringify(change));
    }
  }
  return { ...rulesOf([...kinds.values()]), untold: untold.sort(compareUids) };
}

function note(
  kinds: Map<string, Kind>,
  object: ManagedObject,
  address: string,
  policy: string,
): void {
  const { owner, objectType: type } = object;
  const algorithm = algorithmOf(object);
  const key = JSON.stringify([owner, type, algorithm]);
  const kind = kinds.get(key) ?? { owner, type, algorithm, byPolicy: new Map<string, string[]>() };
  kinds.set(key, kind);
  const addresses = kind.byPolicy.get(policy) ?? [];
  addresses.push(address);
  kind.byPolicy.set(policy, addresses);
}

/** The latest member of a keyset by its name, which goes on meaning the latest. */
function addressOf(
  { uniqueIdentifier: uid, attributes }: ManagedObject,
  candidate: RotationCandidate,
): string {
  const { rotateName: name, rotateGeneration: generation } = attributes;
  if (name === null || parseAddress(name).kind === 'uid') return uid;
  return latestOf(candidate.keyset)?.uid === uid ? name : `${name}@${generation ?? 0}`;
}

/** Null where there is no policy. */
function changeOf(policy: PolicyView): PolicyChange | null | 'untellable' {
  const { intervalSeconds, offsetSeconds, automatic, keyset } = policy;
  if (intervalSeconds === null && offsetSeconds === null && automatic === null) return null;
  const seconds = [intervalSeconds ?? 0, offsetSeconds ?? 0];
  if (seconds.some((value) => value < 0 || value > LONGEST_SECONDS)) return 'untellable';
  return {
    intervalSeconds: intervalSeconds ?? undefined,
    offsetSeconds: offsetSeconds ?? undefined,
    // What an interval above 0 brings with it need not be said.
    automatic:
      automatic === true && (intervalSeconds ?? 0) > 0 ? undefined : (automatic ?? undefined),
    keyset: keyset === null ? undefined : true,
  };
}

function rulesOf(kinds: readonly Kind[]): { rules: readonly PolicyRule[]; keys: number } {
  const named = new Map<string, string[]>();
  const general: PolicyRule[] = [];
  let keys = 0;
  for (const kind of kinds) {
    const policies = [...kind.byPolicy].filter(([policy]) => policy !== 'null');
    keys += policies.reduce((sum, [, addresses]) => sum + addresses.length, 0);
    const [only] = policies;
    if (only !== undefined && kind.byPolicy.size === 1 && canBeDescribed(kind)) {
      const { owner, type, algorithm } = kind;
      const ofAlgorithm = algorithm === null ? {} : { algorithm: [algorithm] };
      const selectors = { owner: [owner], type: [type], ...ofAlgorithm };
      general.push({ selectors, change: changeIn(only[0]) });
      continue;
    }
    for (const [policy, addresses] of policies) {
      named.set(policy, [...(named.get(policy) ?? []), ...addresses]);
    }
  }
  const byUid = [...named].map(([policy, addresses]) => ({
    selectors: { uid: addresses.sort(compareUids) },
    change: changeIn(policy),
  }));
  return { rules: [...byUid, ...general.sort(bySelectors)], keys };
}

/** A rule without an algorithm would take every algorithm; certificates alone have none. */
function canBeDescribed({ type, algorithm }: Kind): boolean {
  if (!ROTATABLE_TYPES.some((rotatable) => rotatable === type)) return false;
  if (algorithm === null) return type === 'Certificate';
  return type !== 'Certificate' && Object.hasOwn(CRYPTOGRAPHIC_ALGORITHMS, algorithm);
}

function bySelectors(one: PolicyRule, other: PolicyRule): number {
  return JSON.stringify(one.selectors) < JSON.stringify(other.selectors) ? -1 : 1;
}

function changeIn(policy: string): PolicyChange {
  return JSON.parse(policy) as PolicyChange;
}
