// What a run did with one object: the result of its rotation, or of the re-wrapping of a stale dependant.
import type { KmsError } from '../errors.js';
import type { FlowName, Rotation } from '../flows/change.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { UNKNOWN_OBJECT, type ObjectSummary } from './object-summary.js';

export type RotationOutcome = 'rotated' | 'would-rotate' | 'failed' | 'skipped';

export interface RotationResult {
  readonly uid: string;
  /** For events and metrics; `kms.rotate/v1` leaves it out. */
  readonly objectSummary: ObjectSummary;
  readonly outcome: RotationOutcome;
  readonly flow: FlowName | null;
  readonly replacementUid: string | null;
  /** Of a pair, whose one result is its private key's. */
  readonly publicKeyUid: string | null;
  readonly publicKeyReplacementUid: string | null;
  readonly generation: number | null;
  readonly dependantsRewrapped: number;
  /** The uids of the dependants that would be re-wrapped; empty except in a dry run. */
  readonly dependants: readonly string[];
  readonly nextDeadline: EpochSeconds | null;
  readonly error: KmsError | null;
  /** From the loading of its batch to its outcome; `kms.rotate/v1` leaves it out. */
  readonly took: Took | null;
}

/** Milliseconds of a clock that never jumps. */
interface Took {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Returns the result of a rotation that is committed, or that a dry run would commit. */
export function rotatedResult(
  rotation: Rotation,
  dryRun: boolean,
  { dependantsRewrapped, dependants = NO_UIDS }: RewrappedDependants,
  objectSummary: ObjectSummary,
): RotationResult {
  const { uid, flow, generation, nextDeadline, replacementUid } = rotation;
  // The random uid of a dry run will never exist; the next uid of a keyset is known.
  const isKnown = !dryRun || rotation.inKeyset;
  return {
    uid,
    objectSummary,
    outcome: dryRun ? 'would-rotate' : 'rotated',
    flow,
    replacementUid: isKnown ? replacementUid : null,
    publicKeyUid: rotation.publicKeyUid ?? null,
    publicKeyReplacementUid: isKnown ? (rotation.publicKeyReplacementUid ?? null) : null,
    generation,
    dependantsRewrapped,
    dependants,
    nextDeadline,
    error: null,
    took: null,
  };
}

interface RewrappedDependants {
  readonly dependantsRewrapped: number;
  /** Their uids, which only a dry run lists. */
  readonly dependants?: readonly string[];
}

/** One list for all results without dependants: a report may have very many. */
const NO_UIDS: readonly string[] = [];

export function failedResult(
  uid: string,
  flow: RotationResult['flow'],
  error: KmsError,
  objectSummary: ObjectSummary = UNKNOWN_OBJECT,
): RotationResult {
  return { ...skippedResult(uid, flow), outcome: 'failed', error, objectSummary };
}

/** Returns the result of an object that another run rotated meanwhile. */
export function skippedResult(uid: string, flow: RotationResult['flow']): RotationResult {
  return {
    uid,
    objectSummary: UNKNOWN_OBJECT,
    outcome: 'skipped',
    flow,
    replacementUid: null,
    publicKeyUid: null,
    publicKeyReplacementUid: null,
    generation: null,
    dependantsRewrapped: 0,
    dependants: NO_UIDS,
    nextDeadline: null,
    error: null,
    took: null,
  };
}

/** A replaced object whose overlap is over, or should be. */
export interface RetiredObject {
  readonly uid: string;
  /** The latest generation that replaced it. */
  readonly headUid: string;
  readonly objectSummary: ObjectSummary;
  readonly endsAt: EpochSeconds;
  readonly outcome: 'retired' | 'failed';
  readonly error: KmsError | null;
}

/** A stale dependant that was re-wrapped, would be, or could not be. */
export interface RewrappedDependant {
  readonly uid: string;
  readonly objectSummary: ObjectSummary;
  readonly fromWrappingKeyUid: string;
  /** Null if it is unknown, or if the bytes of the dependant are not wrapped. */
  readonly toWrappingKeyUid: string | null;
  readonly outcome: 'mended' | 'would-mend' | 'failed';
  readonly error: KmsError | null;
}
