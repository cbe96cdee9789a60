// What `kms report` says in words, on a terminal and on a page: how many keys comply, and what to do about the others.
import type { ComplianceReport } from './compliance-report.js';
import { formatInstant } from '../../kmip/date-time.js';
import type { ViolationName } from '../../rotation/compliance.js';
import { DAY_SECONDS, formatDuration } from '../../text/duration.js';

/** Returns how many keys comply. Of a part of the keys it never says all. */
export function complianceHeadline(
  { counts: { keys, compliant } }: Pick<ComplianceReport, 'counts'>,
  filtered: boolean,
): string {
  const failing = keys - compliant;
  if (keys === 0) {
    return `There is no key that could be rotated${filtered ? ' and that matches the filters' : ''}.`;
  }
  const matching = filtered ? ' that match the filters' : '';
  if (failing === 0) {
    if (keys === 1) return `The one key${filtered ? ' that matches the filters' : ''} complies.`;
    return `${filtered ? 'The' : 'All'} ${keys} keys${matching} comply.`;
  }
  return `${failing} of ${keys} keys${matching} ${failing === 1 ? 'does' : 'do'} not comply:`;
}

/** Returns the same as a title. */
export function complianceTitle(
  report: Pick<ComplianceReport, 'counts'>,
  filtered: boolean,
): string {
  return complianceHeadline(report, filtered).replace(/[.:]$/, '');
}

const NEAR_DAYS = 30;

/** Returns what somebody in a hurry must know, in a few sentences. */
export function complianceSummary({ keys, now }: ComplianceReport): readonly string[] {
  const near = now + NEAR_DAYS * DAY_SECONDS;
  let [overdue, longest, next, soon, ending] = [0, 0, Infinity, 0, 0];
  for (const { deadline, notAfter } of keys) {
    if (notAfter !== null && notAfter > now && notAfter <= near) ending += 1;
    if (deadline === null) continue;
    if (deadline <= now) {
      overdue += 1;
      longest = Math.max(longest, now - deadline);
    } else {
      next = Math.min(next, deadline);
      if (deadline <= near) soon += 1;
    }
  }
  return [
    overdue === 0
      ? 'No rotation is overdue.'
      : overdue === 1
        ? `1 rotation is overdue, for ${formatDuration(longest)}.`
        : `${overdue} rotations are overdue, the longest for ${formatDuration(longest)}.`,
    next === Infinity
      ? 'No rotation is ahead.'
      : `The next rotation is due on ${formatInstant(next).slice(0, 10)}${soon < 2 ? '' : `, and ${soon} are due within ${NEAR_DAYS} days`}.`,
    ...(ending === 0
      ? []
      : [
          `${ending === 1 ? '1 certificate ends' : `${ending} certificates end`} within ${NEAR_DAYS} days.`,
        ]),
  ];
}

/** What each violation means, of the keys that have it. */
export const MEANINGS: Readonly<Record<ViolationName, string>> = {
  orphaned: 'still wrapped by a key that was replaced',
  'no-usable-generation': 'keysets none of whose generations can protect any more',
  expired: 'certificates that have ended',
  ended: 'Active, but their Deactivation Date has passed',
  'keyset-ended': 'the latest generation of a keyset is no longer Active',
  unreadable: 'cannot be read, so nobody knows when they end',
  unfinished: 'made by a rotation that was never finished',
  failed: 'overdue, and earlier runs failed to rotate them',
  overdue: 'their deadline for rotation has passed',
  undecidable: 'have a policy, but their deadline cannot be computed',
  'not-activated': 'PreActive, though their Activation Date has passed',
  'future-date': 'a date in the future puts off their rotation for a long time',
  'unrenewable-end': 'end, and no rotation puts that off',
  ending: 'end soon, and no policy rotates them before',
  'over-max-interval': 'their policy lets them be in use for longer than is allowed',
  weak: 'too few bits of security',
  'opted-out': 'have a policy, but Rotate Automatic is false',
  'no-policy': 'no policy says when to rotate them',
};

/** What to do about each violation, in a few words. */
export const REMEDIES: Readonly<Record<ViolationName, string>> = {
  orphaned: 'kms rotate due re-wraps them, or says why it cannot',
  'no-usable-generation':
    'kms rotate key makes the next generation, kms policy clear ends the keyset',
  expired: 'renew them (kms rotate key) or revoke them',
  ended: 'rotate them (kms rotate key), revoke them, or give them a later Deactivation Date',
  'keyset-ended': 'kms rotate key makes the next generation, kms policy clear ends the keyset',
  unreadable: 'repair or replace them: nobody can read when they end',
  unfinished: 'kms doctor tells what to do, and repairs what is safe',
  failed: 'kms status tells why, and since when',
  overdue: 'kms rotate due rotates them, or says why it cannot',
  undecidable: 'give each a valid policy and a date (kms policy set)',
  'not-activated': 'activate them with the server, or set a later Activation Date',
  'future-date': 'correct the date with the server, or rotate them now (kms rotate key)',
  'unrenewable-end': 'renew the certificate of the issuer first, or create a new key',
  ending: 'rotate them before they end (kms rotate key), or give them a policy (kms policy set)',
  'over-max-interval': 'kms policy set --interval gives them a shorter one',
  weak: 'create stronger keys: a rotation keeps algorithm and length',
  'opted-out': 'kms policy set --automatic=true turns rotation on',
  'no-policy': 'kms policy set gives them one',
};
