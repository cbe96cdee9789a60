// A subject: an object loaded with all that deciding about its rotation needs to know of its
// surroundings. store/load.ts fills it; the rules that read it stand beside this file.
import type { KmsError } from '../errors.js';
import type { ManagedObject, ObjectRow } from '../kmip/managed-object.js';
import type { KeysetMember } from './keyset.js';
import type { RelatedObjects } from './related-objects.js';

export interface RotationCandidate {
  readonly row: ObjectRow;
  /** The row's typed values, or why it has none. */
  readonly object: ManagedObject | KmsError;
  /** The uid that its ReplacementObjectLink names, if that row is there. */
  readonly replacedBy: string | null;
  /** How many objects, Destroyed ones aside, are wrapped by it or by the other half of its pair. */
  readonly dependants: number;
  /** Whether it wraps as only a server's own key encryption key does; false where nobody asked. */
  readonly likeServerKek: boolean;
  /** All generations that share its Rotate Name; empty without one. */
  readonly keyset: readonly KeysetMember[];
  /** Whether a row has the uid that its replacement in the keyset would get. */
  readonly nextUidTaken: boolean;
  /** What wraps it, the other half of its pair, its certificate, and what those need in turn. */
  readonly relatedObjects: RelatedObjects;
}
