// What `kms report` says in words, on a terminal and on a page: how many keys comply, and what to do about the others.
import { complies, type ComplianceReport } from './compliance-report.js';
import type { ViolationName } from '../../rotation/compliance.js';

/** Returns how many keys comply. */
export function complianceHeadline({ keys }: ComplianceReport): string {
  const failing = keys.filter((key) => !complies(key)).length;
  if (keys.length === 0) return 'There is no key that could be rotated.';
  if (failing === 0) {
    return keys.length === 1 ? 'The one key complies.' : `All ${keys.length} keys comply.`;
  }
  return `${failing} of ${keys.length} keys ${failing === 1 ? 'does' : 'do'} not comply:`;
}

/** What to do about each violation, in a few words. */
export const REMEDIES: Readonly<Record<ViolationName, string>> = {
  orphaned: 'kms rotate due re-wraps them, or says why it cannot',
  expired: 'renew them (kms rotate key) or revoke them',
  ended: 'rotate them (kms rotate key), revoke them, or give them a later Deactivation Date',
  'keyset-ended': 'kms rotate key makes the next generation, kms policy clear ends the keyset',
  unreadable: 'repair or replace them: nobody can read when they end',
  failed: 'kms history --outcome failed tells why',
  overdue: 'kms rotate due rotates them, or says why it cannot',
  undecidable: 'give each a valid policy and a date (kms policy set)',
  'not-activated': 'activate them with the server, or set a later Activation Date',
  'future-date': 'correct the date with the server, or rotate them now (kms rotate key)',
  ending: 'rotate them before they end (kms rotate key), certificates after that of their issuer',
  'interval-too-long': 'kms policy set gives certificates an interval shorter than their validity',
  weak: 'create stronger keys: a rotation keeps algorithm and length',
  'opted-out': 'kms policy set --automatic=true turns rotation on',
  'no-policy': 'kms policy set gives them one',
};
