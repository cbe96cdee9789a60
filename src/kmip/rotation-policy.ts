// The few attributes that say when an object is to be rotated (KMIP 2.1 §4.46 to §4.52), read apart
// from all others, so that a row with another defect still has its deadline. rotation/ decides.
import type { EpochSeconds } from './date-time.js';
import type { JsonObject } from './json.js';
import { memberReader } from './members.js';

/** The policy of an armed object. A member that does not affect its deadline is not read, and is null. */
export interface RotationPolicy {
  /** Seconds between rotations. */
  readonly intervalSeconds: number;
  readonly rotateDate: EpochSeconds | null;
  /** Null if there is a Rotate Date. */
  readonly initialDate: EpochSeconds | null;
  /** Seconds from Initial Date to the first rotation; null if there is a Rotate Date. */
  readonly offsetSeconds: number | null;
}

/**
 * Says whether a row asks not to be rotated, by a flag or by an interval of 0 or less. Such a row needs
 * no deadline, so nothing else of its policy is looked at.
 */
export function declinesRotation(attributes: JsonObject): 'opted-out' | 'not-armed' | null {
  if (attributes['RotateAutomatic'] === false) return 'opted-out';
  const interval = attributes['RotateInterval'] ?? null;
  if (interval === null) return 'not-armed';
  const integral = typeof interval === 'number' || typeof interval === 'bigint';
  return integral && interval <= 0 ? 'not-armed' : null;
}

/**
 * Returns the policy of an object that does not decline rotation.
 *
 * @throws MalformedMember if a member that affects the deadline is not what KMIP says.
 */
export function decodeRotationPolicy(attributes: JsonObject): RotationPolicy {
  const read = memberReader(attributes, 'attributes');
  read.boolean('RotateAutomatic');
  const rotateDate = read.dateTime('RotateDate');
  return {
    intervalSeconds: read.integer('RotateInterval') ?? 0,
    rotateDate,
    initialDate: rotateDate === null ? read.dateTime('InitialDate') : null,
    offsetSeconds: rotateDate === null ? read.integer('RotateOffset') : null,
  };
}
