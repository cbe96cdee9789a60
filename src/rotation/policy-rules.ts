// Rules that give many keys their rotation policy: which rule applies to a key (the first that matches), and which
// rules can never apply. policies/ reads them from a file, flows/ apply them.

/** The members of a policy to set; those that are undefined stay as they are. */
export interface PolicyChange {
  readonly intervalSeconds?: number | undefined;
  readonly offsetSeconds?: number | undefined;
  /** How long before its end it is rotated: see policy-options.ts. */
  readonly beforeEndSeconds?: number | undefined;
  /** How long it stays Active once it is replaced: see overlap.ts. */
  readonly overlapSeconds?: number | undefined;
  readonly automatic?: boolean | undefined;
  /** Makes it generation 0 of a keyset named after its uid, unless it is in one. */
  readonly keyset?: true | undefined;
}

/** The object types that a run rotates. */
export const ROTATABLE_TYPES = ['SymmetricKey', 'PrivateKey', 'Certificate'] as const;

export interface Selectors {
  /** A key must have all of these tags; of each other selector, one value suffices. Undefined matches any key. */
  readonly tag?: readonly string[] | undefined;
  readonly owner?: readonly string[] | undefined;
  readonly type?: readonly string[] | undefined;
  readonly algorithm?: readonly string[] | undefined;
  readonly uid?: readonly string[] | undefined;
}

export interface PolicyRule {
  readonly selectors: Selectors;
  /** Null if matching keys are left as they are. */
  readonly change: PolicyChange | null;
}

/** What the selectors of a rule are compared with. */
export interface ObjectProperties {
  readonly uid: string;
  readonly owner: string | null;
  readonly objectType: string;
  readonly algorithm: string | null;
  readonly tags: readonly string[];
}

/** Returns the indexes of all rules that match; the first of them applies. */
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

/** Whether two rules that match the same key ask for different policies. */
export function rulesConflict(one: PolicyRule, other: PolicyRule): boolean {
  const asked = ({ change }: PolicyRule) =>
    JSON.stringify([
      change?.intervalSeconds,
      change?.offsetSeconds,
      change?.beforeEndSeconds,
      change?.overlapSeconds,
      change?.automatic,
      change?.keyset,
    ]);
  return (one.change === null) !== (other.change === null) || asked(one) !== asked(other);
}

/** A rule with more combinations of selectors than this is assumed to match some key. */
const MAX_COMBINATIONS = 10_000;

/**
 * Returns the indexes of the earlier rules that together match every key that a rule could match, or null if it may
 * apply to some key.
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
    if (by === -1 || looked > MAX_COMBINATIONS) return null;
    taking.add(by);
  }
  return [...taking];
}

/** One value of each selector, and all tags; undefined stands for any value. */
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
