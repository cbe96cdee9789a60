// Describes the policies of a store as rules: one for all keys of an owner, type and algorithm that have one policy,
// and rules by uid for the others.
import type { PolicyView } from '../rotation/policy-text.js';
import { policyOf } from './policy-view.js';
import { KmsError } from '../errors.js';
import { policyViolation } from '../flows/set-policy.js';
import { algorithmOf, type ManagedObject } from '../kmip/managed-object.js';
import { CRYPTOGRAPHIC_ALGORITHMS } from '../kmip/vocabulary.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { parseAddress, latestMember } from '../rotation/keyset.js';
import { compareUids } from '../rotation/plan.js';
import { ROTATABLE_TYPES, type PolicyChange, type PolicyRule } from '../rotation/policy-rules.js';
import type { Store } from '../store/store.js';
import { MAX_DURATION_SECONDS } from '../text/duration.js';

export interface ExportedRules {
  readonly rules: readonly PolicyRule[];
  /** How many keys have a policy. */
  readonly keys: number;
  /** Uids of keys whose row cannot be read, or whose policy no file can express. */
  readonly inexpressible: readonly string[];
}

interface KeyClass {
  readonly owner: string;
  readonly type: string;
  readonly algorithm: string | null;
}

/** A key and its policy as JSON; `null` for a key without a policy. */
interface DescribedKey extends KeyClass {
  readonly address: string;
  readonly policy: string;
}

/** Keys of one owner, type and algorithm. */
interface KeyGroup extends KeyClass {
  /** Their addresses, by the policy as JSON; `null` for keys without a policy. */
  readonly addresses: Map<string, string[]>;
}

export async function exportRules(store: Pick<Store, 'findAll' | 'load'>): Promise<ExportedRules> {
  const keys: DescribedKey[] = [];
  const inexpressible: string[] = [];
  for await (const page of store.findAll({ tags: [] })) {
    for (const candidate of await store.load(page.map(({ id }) => id))) {
      const { row, object, replacedBy } = candidate;
      if (object instanceof KmsError) {
        inexpressible.push(row.id);
        continue;
      }
      if (policyViolation(object, replacedBy, null) !== null) continue;
      const change = changeFor(policyOf(object, candidate.options));
      if (change === 'inexpressible') inexpressible.push(row.id);
      else keys.push(describedKey(object, candidate, change));
    }
  }
  const all = grouped(keys);
  return {
    rules: [...rulesByUid(all), ...all.filter(hasOnePolicy).map(ruleOf).sort(bySelectors)],
    keys: all.flatMap(policiesIn).reduce((sum, [, addresses]) => sum + addresses.length, 0),
    inexpressible: inexpressible.sort(compareUids),
  };
}

function describedKey(
  object: ManagedObject,
  candidate: RotationCandidate,
  change: PolicyChange | null,
): DescribedKey {
  return {
    owner: object.owner,
    type: object.objectType,
    algorithm: algorithmOf(object),
    address: addressOf(object, candidate),
    policy: JSON.stringify(change),
  };
}

function grouped(keys: readonly DescribedKey[]): readonly KeyGroup[] {
  const groups = new Map<string, KeyGroup>();
  for (const { owner, type, algorithm, address, policy } of keys) {
    const id = JSON.stringify([owner, type, algorithm]);
    const group = groups.get(id) ?? {
      owner,
      type,
      algorithm,
      addresses: new Map<string, string[]>(),
    };
    const addresses = group.addresses.get(policy) ?? [];
    addresses.push(address);
    group.addresses.set(policy, addresses);
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** The latest member of a keyset by its name, which goes on meaning the latest. */
function addressOf(
  { uniqueIdentifier: uid, attributes }: ManagedObject,
  candidate: RotationCandidate,
): string {
  const { rotateName: name, rotateGeneration: generation } = attributes;
  if (name === null || parseAddress(name).kind === 'uid') return uid;
  return latestMember(candidate.keyset)?.uid === uid ? name : `${name}@${generation ?? 0}`;
}

/** Null if there is no policy. */
function changeFor(policy: PolicyView): PolicyChange | null | 'inexpressible' {
  const { intervalSeconds, offsetSeconds, automatic, keyset } = policy;
  const { beforeEndSeconds = null, overlapSeconds = null } = policy;
  const members = [intervalSeconds, offsetSeconds, beforeEndSeconds, overlapSeconds, automatic];
  if (members.every((member) => member === null)) return null;
  const seconds = [intervalSeconds ?? 0, offsetSeconds ?? 0];
  if (seconds.some((value) => value < 0 || value > MAX_DURATION_SECONDS)) return 'inexpressible';
  const isImplied = automatic === true && (intervalSeconds ?? 0) > 0;
  return {
    intervalSeconds: intervalSeconds ?? undefined,
    offsetSeconds: offsetSeconds ?? undefined,
    beforeEndSeconds: beforeEndSeconds ?? undefined,
    overlapSeconds: overlapSeconds ?? undefined,
    automatic: isImplied ? undefined : (automatic ?? undefined),
    keyset: keyset === null ? undefined : true,
  };
}

function policiesIn({ addresses }: KeyGroup): readonly (readonly [string, readonly string[]])[] {
  return [...addresses].filter(([policy]) => policy !== 'null');
}

/** Whether all keys of a group have one policy, and selectors can describe them. */
function hasOnePolicy(group: KeyGroup): boolean {
  return group.addresses.size === 1 && policiesIn(group).length === 1 && canBeDescribed(group);
}

/** A rule without an algorithm would take every algorithm; certificates alone have none. */
function canBeDescribed({ type, algorithm }: KeyGroup): boolean {
  if (!ROTATABLE_TYPES.some((rotatable) => rotatable === type)) return false;
  if (algorithm === null) return type === 'Certificate';
  return type !== 'Certificate' && Object.hasOwn(CRYPTOGRAPHIC_ALGORITHMS, algorithm);
}

function ruleOf({ owner, type, algorithm, addresses }: KeyGroup): PolicyRule {
  const [policy = 'null'] = addresses.keys();
  const ofAlgorithm = algorithm === null ? {} : { algorithm: [algorithm] };
  return { selectors: { owner: [owner], type: [type], ...ofAlgorithm }, change: changeIn(policy) };
}

function rulesByUid(groups: readonly KeyGroup[]): readonly PolicyRule[] {
  const named = new Map<string, string[]>();
  for (const group of groups.filter((other) => !hasOnePolicy(other))) {
    for (const [policy, addresses] of policiesIn(group)) {
      named.set(policy, [...(named.get(policy) ?? []), ...addresses]);
    }
  }
  return [...named].map(([policy, addresses]) => ({
    selectors: { uid: addresses.sort(compareUids) },
    change: changeIn(policy),
  }));
}

function bySelectors(one: PolicyRule, other: PolicyRule): number {
  return JSON.stringify(one.selectors) < JSON.stringify(other.selectors) ? -1 : 1;
}

function changeIn(policy: string): PolicyChange {
  return JSON.parse(policy) as PolicyChange;
}
