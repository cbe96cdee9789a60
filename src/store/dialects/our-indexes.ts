// Our indexes on the table `objects`, as one record: what each is for and what it is called in a database.
// What an index holds and how it is made differs between databases: see sqlite-indexes.ts and its counterparts.

export const INDEX_NAMES = {
  /** Active objects by their earliest possible deadline. */
  due: 'kms_rotation_due',
  /** Active objects by the earlier of Deactivation Date and Protect Stop Date. */
  ends: 'kms_rotation_ends',
  /** Active objects with half of their Usage Limits left, or less. */
  usage: 'kms_rotation_usage',
  /** Objects by their Rotate Name. */
  keyset: 'kms_rotation_keyset',
  /** Active certificates. */
  certificates: 'kms_rotation_certificates',
  /** Wrapped objects whose bytes name another wrapping key than their column does. */
  wrappingKeyMismatches: 'kms_rotation_mislabelled',
  /** Private keys whose public key does not have the uid that a server gives it. */
  foreignPublicKeyLinks: 'kms_rotation_foreign_links',
  /** Members of keysets that are no longer Active and were not replaced. Without it each rotated key would be read. */
  stoppedMembers: 'kms_rotation_stopped',
} as const;

export type OurIndex = keyof typeof INDEX_NAMES;

/** The indexes that hold a few of the rows, which are read without a scan of the others. */
export type Subset = Exclude<OurIndex, 'due' | 'ends' | 'keyset'>;

export const OUR_INDEXES = Object.keys(INDEX_NAMES) as readonly OurIndex[];

/** Returns which of our indexes are among these names of a database. */
export function indexesNamed(names: readonly string[]): ReadonlySet<OurIndex> {
  return new Set(OUR_INDEXES.filter((index) => names.includes(INDEX_NAMES[index])));
}

/** Returns our indexes that are not among these. */
export function missingOf(present: ReadonlySet<OurIndex>): readonly OurIndex[] {
  return OUR_INDEXES.filter((index) => !present.has(index));
}

/** Returns the names of those. */
export function namesOfMissing(present: ReadonlySet<OurIndex>): readonly string[] {
  return missingOf(present).map((index) => INDEX_NAMES[index]);
}
