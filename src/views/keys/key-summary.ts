// What every listing says of a key: whose it is, what kind of key, and the attributes that matter for its rotation.
import { KmsError } from '../../errors.js';
import { formatInstant } from '../../kmip/date-time.js';
import { algorithmOf } from '../../kmip/managed-object.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { lengthOf } from './key-length.js';

export interface KeySummary {
  readonly uid: string;
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  /** Bits. */
  readonly length: number | null;
  readonly state: string | null;
}

export interface RotationAttributes {
  readonly wrappingKeyUid: string | null;
  readonly dependants: number;
  readonly keyset: string | null;
  readonly generation: number;
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  /** When the overlap of a replaced object ends; null if it is in none. */
  readonly retiresAt: string | null;
}

/** Returns what identifies a key; of a row that cannot be read, uid, owner and state. */
export function keySummaryOf({ row, object }: RotationCandidate): KeySummary {
  const known = object instanceof KmsError ? null : object;
  return {
    uid: row.id,
    owner: row.owner,
    objectType: known?.objectType ?? null,
    algorithm: known === null ? null : algorithmOf(known),
    length: known === null ? null : lengthOf(known),
    state: row.state,
  };
}

/** Returns the attributes that matter for the rotation of a key, as far as its row can be read. */
export function rotationAttributesOf({
  row,
  object,
  dependants,
  retiring,
}: RotationCandidate): RotationAttributes {
  const known = object instanceof KmsError ? null : object;
  return {
    wrappingKeyUid: known?.wrappingKeyUid ?? row.wrappingKeyId,
    dependants,
    keyset: known?.attributes.rotateName ?? null,
    generation: known?.attributes.rotateGeneration ?? 0,
    intervalSeconds: known?.attributes.rotateInterval ?? null,
    offsetSeconds: known?.attributes.rotateOffset ?? null,
    retiresAt: retiring === null ? null : formatInstant(retiring.endsAt),
  };
}
