// A candidate: an object, loaded with everything that the decision about its rotation depends on.
// store/find/load-candidates.ts loads it; eligibility.ts, lifecycle.ts and the flows read it.
import type { KmsError } from '../errors.js';
import type { ManagedObject, ObjectRow } from '../kmip/managed-object.js';
import type { KeysetMember } from './keyset.js';
import type { LeftOvers } from './left-overs.js';
import type { PolicyOptions } from './policy-options.js';
import type { RetiringObject } from './retiring-object.js';
import type { RelatedObjects } from './related-objects.js';

export interface RotationCandidate {
  readonly row: ObjectRow;
  /** The decoded row, or why it cannot be decoded. */
  readonly object: ManagedObject | KmsError;
  /** The uid that its ReplacementObjectLink or our own tables name, if that row exists. */
  readonly replacedBy: string | null;
  /** Its overlap, if it was replaced and stays Active until that ends. */
  readonly retiring: RetiringObject | null;
  /** How many objects it wraps, by itself or by its counterpart; Destroyed ones are not counted. */
  readonly dependants: number;
  /** Whether it wraps as only a server's own key encryption key does; false if the caller did not ask. */
  readonly likeServerKek: boolean;
  /** All generations that share its Rotate Name; empty if it has none. */
  readonly keyset: readonly KeysetMember[];
  /** Whether another row already has the uid of its next generation. */
  readonly nextUidTaken: boolean;
  /** Tags and grants under the uid of its next generation, if no object has it. */
  readonly nextUidLeftOvers: LeftOvers | null;
  /** What no attribute of it holds of its policy. */
  readonly options: PolicyOptions;
  /** Its wrapping key, its counterpart and its certificate, and what those need in turn. */
  readonly relatedObjects: RelatedObjects;
}
