// Rules that give many keys their rotation policy: which rule is a key's (the first that matches), and which
// rules can never be anybody's. Reading them from a file is policy-file.ts's, writing keys flows/'s.

/** What of a policy is to be set; what is undefined stays as it is. */
export interface PolicyChange {
  readonly intervalSeconds?: number | undefined;
  readonly offsetSeconds?: number | undefined;
  readonly automatic?: boolean | undefined;
  /** Makes it generation 0 of a keyset named by its uid, unless it is in a keyset. */
  readonly keyset?: true | undefined;
}

/** Types that a run rotates. */
export const ROTATABLE_TYPES = ['SymmetricKey', 'PrivateKey', 'Certificate'] as const;

export interface Selectors {
  /** All of them must be there; of all others, one suffices. Undefined: any key. */
  readonly tag?: readonly string[] | undefined;
  readonly owner?: readonly string[] | undefined;
  readonly type?: readonly string[] | undefined;
  readonly algorithm?: readonly string[] | undefined;
  readonly uid?: readonly string[] | undefined;
}

export interface PolicyRule {
  readonly selectors: Selectors;
  /** Null where matching keys are left as they are. */
  readonly change: PolicyChange | null;
}

/** What rules look at. */
export interface ObjectProperties {
  readonly uid: string;
  readonly owner: string | null;
  readonly objectType: string;
  readonly algorithm: string | null;
  readonly tags: readonly string[];
}

/** Returns the places of all rules that match, the one that counts first. */
export function matchingRules(
  rules: readonly PolicyRule[],
  properties: ObjectProperties,
): readonly number[] {
  return rules.flatMap(({ selectors }, index) => (matches(selectors, properties) ? [index] : []));
}

export function matches(selectors: Selectors, properties: ObjectProperties): boolean {
  const { tag, owner, type, algorithm, uid } = selectors;
  return (
    (tag ?? []).every((wanted) => properties.tags.includes(wanted)) &&
    oneOf(owner, properties.owner) &&
    oneOf(type, properties.objectType) &&
    oneOf(algorithm, properties.algorithm) &&
    oneOf(uid, properties.uid)
  );
}

/** Says whether two rules that match the same key ask for different things. */
export function rulesConflict(one: PolicyRule, other: PolicyRule): boolean {
  const asked = ({ change }: PolicyRule) =>
    JSON.stringify([
      change?.intervalSeconds,
      change?.offsetSeconds,
      change?.automatic,
      change?.keyset,
    ]);
  return (one.change === null) !== (other.change === null) || asked(one) !== asked(other);
}

/** More combinations of what a rule names are not looked through: it is then taken for one that can match. */
const MOST_COMBINATIONS = 10_000;

/**
 * Returns the places of earlier rules that together take every key that a rule could match, or null if
 * some key may be left for it.
 */
export function shadowedBy(rules: readonly PolicyRule[], place: number): readonly number[] | null {
  const rule = rules[place];
  if (rule === undefined) return null;
  const earlier = rules.slice(0, place);
  const taking = new Set<number>();
  let looked = 0;
  for (const combination of combinationsOf(rule.selectors)) {
    looked += 1;
    const by = earlier.findIndex(({ selectors }) => covers(selectors, combination));
    if (by === -1 || looked > MOST_COMBINATIONS) return null;
    taking.add(by);
  }
  return [...taking];
}

/** One value of each selector of which one suffices; undefined is any. */
interface Combination {
  readonly tag: readonly string[];
  readonly owner: string | undefined;
  readonly type: string;
  readonly algorithm: string | undefined;
  readonly uid: string | undefined;
}

function* combinationsOf(selectors: Selectors): Generator<Combination> {
  const { tag = [], owner = [undefined], algorithm = [undefined], uid = [undefined] } = selectors;
  for (const type of selectors.type ?? ROTATABLE_TYPES) {
    for (const ofOwner of owner) {
      for (const ofAlgorithm of algorithm) {
        for (const ofUid of uid) {
          yield { tag, owner: ofOwner, type, algorithm: ofAlgorithm, uid: ofUid };
        }
      }
    }
  }
}

function covers(selectors: Selectors, combination: Combination): boolean {
  const within = (values: readonly string[] | undefined, value: string | undefined) =>
    values === undefined || (value !== undefined && values.includes(value));
  return (
    (selectors.tag ?? []).every((tag) => combination.tag.includes(tag)) &&
    within(selectors.owner, combination.owner) &&
    within(selectors.type, combination.type) &&
    within(selectors.algorithm, combination.algorithm) &&
    within(selectors.uid, combination.uid)
  );
}

function oneOf(values: readonly string[] | undefined, value: string | null): boolean {
  return values === undefined || (value !== null && values.includes(value));
}
