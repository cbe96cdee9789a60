// The options of one object's policy that no KMIP attribute holds. store/own/policy-options.ts keeps them.

export interface PolicyOptions {
  /** How long before its end it is rotated, in seconds; null: as the configuration says. */
  readonly beforeEndSeconds: number | null;
  /** How long the replaced object stays Active, in seconds; null: as the configuration says. */
  readonly overlapSeconds: number | null;
}

/** Of an object that has none of its own. */
export const NO_OPTIONS: PolicyOptions = { beforeEndSeconds: null, overlapSeconds: null };
