// What doctor finds: a code that never changes, how grave it is, which objects, and what would set it right. examine.ts
// finds, repair.ts repairs.
import type { UnitOfWork } from '../store/write/write-units.js';
import type { StaleDependant } from '../survey/stale-dependants.js';
import { quoted } from '../text/phrases.js';

export const FINDING_CODES = [
  'unfinished-rotation',
  'server-request',
  'fork',
  'keyset-heads',
  'uid-in-the-way',
  'rights-in-the-way',
  'stale-dependant',
  'unreadable-dependant',
  'unreadable-row',
  'wrapping-key-mismatch',
  'false-replacement',
  'no-live-key',
  'lost-schedule',
  'broken-link',
  'half-pair',
  'half-certificate',
  'contradiction',
  'store',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  readonly code: FindingCode;
  /** An error makes doctor exit with 4. */
  readonly severity: 'error' | 'note';
  /** What it concerns, the object that it is about first. */
  readonly uids: readonly string[];
  readonly message: string;
  /** What --fix does, or what a person can do. */
  readonly repair: string;
  /** Why that is safe, or why doctor leaves it to people. */
  readonly why: string;
  /** Null if doctor only tells. */
  readonly action: Action | null;
}

/** What sets a finding right: a transaction of its own, the way in which each run re-wraps, or a change of our own. */
type Action =
  | { readonly kind: 'write'; readonly prepare: Prepare }
  | { readonly kind: 're-wrap'; readonly dependant: StaleDependant }
  /** Touches no object: it builds indexes, or frees a lock. */
  | { readonly kind: 'own'; readonly repair: () => Promise<void> };

/**
 * Loads the objects again and returns what sets them right; null if nothing is wrong with them any more.
 *
 * @throws KmsError why it cannot be done.
 */
export type Prepare = () => Promise<UnitOfWork | null>;

/** Names a repair: the same one found again has the same name. */
export function repairKey({
  code,
  uids,
  repair,
}: Pick<Finding, 'code' | 'uids' | 'repair'>): string {
  return JSON.stringify([code, uids, repair]);
}

/** Returns a finding that doctor only tells. */
export function toldFinding(finding: Omit<Finding, 'action'>): Finding {
  return { ...finding, action: null };
}

/** Returns uids as a list in a sentence. */
export function listed(uids: readonly string[]): string {
  const names = uids.map(quoted);
  const last = names.pop();
  if (last === undefined) return 'nothing';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}
