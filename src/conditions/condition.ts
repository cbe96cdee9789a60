// A condition: what is wrong with one object now, since when, and what has been told and logged of it. Pure data;
// decide.ts says how it goes on, store/own/conditions.ts keeps it.
import { textDigest } from '../crypto/text-digest.js';
import type { EpochSeconds } from '../kmip/date-time.js';

/**
 * `rotation-failed`: it cannot be rotated. `out-of-reach`: only a hardware security module could rotate it.
 * `stale-dependant`: it is still under a replaced wrapping key, and cannot be re-wrapped.
 * `no-run`: no good run came for two cadences.
 */
export type ConditionKind = 'rotation-failed' | 'out-of-reach' | 'stale-dependant' | 'no-run';

/** How a condition ended; `not-due`: no run rotates it now, because its deadline has moved or it is left to others. */
export type Resolution =
  ('rotated' | 're-wrapped' | 'disarmed' | 'retired' | 'not-due' | 'gone') | 'run-came';

/** What a run saw. */
export interface Observation {
  readonly kind: ConditionKind;
  /** The uid of the object; of runs their scope in words. */
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
  /** When a receiver that forgets was last told that it still holds. */
  readonly repeatedAt: EpochSeconds | null;
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

/** Whatever keeps one object from being rotated is one condition: if its kind changes, nothing is over. */
const FAMILIES: Readonly<Record<ConditionKind, 'rotation' | 'dependant' | 'run'>> = {
  'rotation-failed': 'rotation',
  'out-of-reach': 'rotation',
  'stale-dependant': 'dependant',
  'no-run': 'run',
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
  return FAMILIES[kind] !== 'run';
}
