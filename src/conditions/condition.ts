// A condition: what is wrong with one object now, since when, and what has been told and logged of it. Pure data;
// decide.ts says how it goes on, store/own/conditions.ts keeps it.
import { textDigest } from '../crypto/text-digest.js';
import type { EpochSeconds } from '../kmip/date-time.js';

/**
 * `rotation-failed`: it cannot be rotated. `out-of-reach`: only a hardware security module could rotate it.
 * `stale-dependant`: it is still under a replaced wrapping key, and cannot be re-wrapped.
 * `end-passed`: it is Active after its end. `no-run`: no good run came for two cadences.
 * `destination-refuses`: a receiver of messages takes none. `store-health`: a run found a fault of the store itself.
 */
export type ConditionKind =
  'rotation-failed' | 'out-of-reach' | 'stale-dependant' | 'end-passed' | FaultKind;

/** What is wrong with no object. */
export type FaultKind = 'no-run' | 'destination-refuses' | 'store-health';

/**
 * How a condition ended. `not-due`: no run rotates it now, because its deadline has moved or it is left to others.
 * `not-expected`: somebody has given up such runs. `not-configured`: no configuration names the destination any more.
 */
export type Resolution =
  | ('rotated' | 're-wrapped' | 'disarmed' | 'retired' | 'not-due' | 'end-moved' | 'gone')
  | ('run-came' | 'not-expected' | 'delivered' | 'usable' | 'not-configured' | 'in-order');

/** What a run saw. */
export interface Observation {
  readonly kind: ConditionKind;
  /** The uid of the object; of runs their scope in words; the name of the destination, or of the fault. */
  readonly subject: string;
  readonly about: ConditionSubject;
  readonly reason: string;
  readonly message: string;
  readonly hint: string | null;
}

/** Enough of an object to find who is responsible, also when it is gone. */
interface ConditionSubject {
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  readonly tags: readonly string[];
}

export interface Condition extends Observation {
  /** Short, and the same until it has been over for a day. */
  readonly id: string;
  readonly firstSeenAt: EpochSeconds;
  readonly lastSeenAt: EpochSeconds;
  /** How many runs have seen it. */
  readonly failures: number;
  /** The last message about it; null while nobody was told. */
  readonly told: Mark | null;
  /** Its last row in the rotation log. */
  readonly logged: Mark | null;
  readonly acknowledged: Acknowledgement | null;
  /** Null while it holds. */
  readonly resolved: { readonly at: EpochSeconds; readonly how: Resolution } | null;
}

/** That something was said of a condition. */
export interface Mark {
  readonly at: EpochSeconds;
  /** Whether it was said to be over. */
  readonly over: boolean;
  readonly reason: string;
}

interface Acknowledgement {
  readonly until: EpochSeconds;
  readonly by: string;
  readonly because: string;
}

type Family = 'rotation' | 'dependant' | 'end' | 'run' | 'destination' | 'store';

/** Whatever keeps one object from being rotated is one condition: if its kind changes, nothing is over. */
const FAMILIES: Readonly<Record<ConditionKind, Family>> = {
  'rotation-failed': 'rotation',
  'out-of-reach': 'rotation',
  'stale-dependant': 'dependant',
  'end-passed': 'end',
  'no-run': 'run',
  'destination-refuses': 'destination',
  'store-health': 'store',
};

/** Returns the key that a condition is kept under: databases compare digests alike, and texts not. */
export function conditionKey({ kind, subject }: Pick<Observation, 'kind' | 'subject'>): string {
  return textDigest(`${FAMILIES[kind]}\0${subject}`);
}

/** Says whether two kinds are of one condition. */
export function isOfRotation({ kind }: Pick<Observation, 'kind'>): boolean {
  return FAMILIES[kind] === 'rotation';
}

/** Says whether a condition is about an object, and its subject a uid. */
export function isOfObject({ kind }: Pick<Observation, 'kind'>): boolean {
  return ['rotation', 'dependant', 'end'].includes(FAMILIES[kind]);
}

/** Says whether a condition is about no object. */
export function isFault<T extends Pick<Observation, 'kind'>>(
  condition: T,
): condition is T & { readonly kind: FaultKind } {
  return !isOfObject(condition);
}

/** Says whether each sighting of a condition is a failure of what was tried, and counted as one in words. */
export function countsFailures({ kind }: Pick<Observation, 'kind'>): boolean {
  return ['rotation', 'dependant'].includes(FAMILIES[kind]);
}

/** Says whether the warnings of deadlines are all that is told of a condition. */
export function isToldByWarnings({ kind }: Pick<Observation, 'kind'>): boolean {
  return FAMILIES[kind] === 'end';
}
