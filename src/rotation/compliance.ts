// Whether a key complies with its policy, and its violations if it does not. Pure: views/compliance/ gathers what is
// known of each key.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { KmsError } from '../errors.js';
import { overMaximum, type UsePeriods } from './use-periods.js';
import type { DateViolation, DateViolationName } from './date-violations.js';
import { isOverdue, type Evaluation } from './eligibility.js';

/** All violations, the most urgent first. The names are part of `kms.report/v1`. */
export const VIOLATIONS = [
  'orphaned',
  'no-usable-generation',
  'expired',
  'ended',
  'keyset-ended',
  'unreadable',
  'unfinished',
  'failed',
  'overdue',
  'undecidable',
  'not-activated',
  'future-date',
  'unrenewable-end',
  'ending',
  'over-max-interval',
  'weak',
  'opted-out',
  'no-policy',
] as const;
export type ViolationName = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly name: ViolationName;
  /** In words, with what to do unless that is obvious. */
  readonly detail: string;
}

export interface ComplianceInput {
  readonly uid: string;
  readonly evaluation: Evaluation;
  /** How many runs failed to rotate it, and why the last one did. */
  readonly failures: { readonly count: number; readonly lastReason: string | null };
  /** The replaced wrapping key that still wraps it, and why no run can re-wrap it, if that is known. */
  readonly staleDependant: { readonly under: string; readonly error: KmsError | null } | null;
  /** When a certificate ends. */
  readonly notAfter: EpochSeconds | null;
  /** The Active certificates that use it: they are renewed by their own policies, and keep it from being rotated. */
  readonly certificates: readonly string[];
  /** What is wrong with its dates. */
  readonly dates: readonly DateViolation[];
  /** What it replaces, if that does not say so: its rotation was never finished. */
  readonly unfinishedOf: string | null;
  /** Why it cannot be read. */
  readonly unreadable: KmsError | null;
  /** Bits of security; null if unknown. */
  readonly strengthBits: number | null;
  /** The times that its policy lets it be in use, in seconds; null if it has none. */
  readonly periods: UsePeriods | null;
}

/** What an organisation demands of its keys. */
export interface ReportRules {
  /** The longest time between two rotations; null if any will do. */
  readonly maxIntervalSeconds: number | null;
  readonly minimumStrengthBits: number;
}

/** In bits of security: NIST SP 800-131A disallows keys below it. */
export const USUAL_MINIMUM_BITS = 112;

export interface ComplianceOptions extends ReportRules {
  readonly now: EpochSeconds;
}

/** Returns the violations of a key, the most urgent first; none if it complies. */
export function violationsOf(
  input: ComplianceInput,
  { now, maxIntervalSeconds, minimumStrengthBits }: ComplianceOptions,
): readonly Violation[] {
  const { evaluation, failures, staleDependant, notAfter, unreadable, strengthBits } = input;
  const { eligibility, deadline, failure } = evaluation;
  const ofDates = (name: DateViolationName) =>
    input.dates.find((violation) => violation.name === name)?.detail ?? null;
  const overdue = isOverdue(evaluation);
  const unusable = ofDates('no-usable-generation');
  const found: Record<ViolationName, string | null> = {
    orphaned: staleDependant === null ? null : staleDependantDetail(staleDependant),
    'no-usable-generation': unusable,
    expired:
      notAfter !== null && notAfter <= now && unusable === null
        ? `ended at ${formatInstant(notAfter)}`
        : null,
    ended: ofDates('ended'),
    'keyset-ended': ofDates('keyset-ended'),
    // If the same error makes it undecidable, that violation says so.
    unreadable: unreadable === null || unreadable === failure ? null : unreadable.message,
    unfinished: input.unfinishedOf === null ? null : unfinishedDetail(input.unfinishedOf),
    failed: overdue && failures.count > 0 ? failureDetail(failures) : null,
    overdue:
      overdue && deadline !== null
        ? `${deadline.at === null ? 'its Usage Limits are nearly used up' : `since ${formatInstant(deadline.at)}`}${failure === null ? '' : `; ${failure.message}`}`
        : null,
    undecidable: eligibility === 'undecidable' ? (failure?.message ?? 'no deadline') : null,
    'not-activated': ofDates('not-activated'),
    'future-date': ofDates('future-date'),
    'unrenewable-end': ofDates('unrenewable-end'),
    ending: ofDates('ending'),
    'over-max-interval': overMaximum(input.periods, maxIntervalSeconds),
    weak:
      strengthBits !== null && strengthBits < minimumStrengthBits
        ? `${strengthBits} bits of security, below ${minimumStrengthBits}: a rotation keeps algorithm and length, so create a stronger key`
        : null,
    'opted-out': eligibility === 'opted-out' ? 'its Rotate Automatic is false' : null,
    'no-policy':
      eligibility === 'not-armed' && input.certificates.length === 0 && input.unfinishedOf === null
        ? 'kms policy set gives it one'
        : null,
  };
  return VIOLATIONS.flatMap((name) => {
    const detail = found[name];
    return detail === null ? [] : [{ name, detail }];
  });
}

function unfinishedDetail(replacedUid: string): string {
  return `replaces ${JSON.stringify(replacedUid)}, which does not say so: kms doctor --only unfinished-rotation tells what to do`;
}

function staleDependantDetail({
  under,
  error,
}: NonNullable<ComplianceInput['staleDependant']>): string {
  const why =
    error === null ? ', which was replaced: kms rotate due re-wraps it' : `: ${error.message}`;
  return `still wrapped by ${under}${why}`;
}

function failureDetail({ count, lastReason }: ComplianceInput['failures']): string {
  const times = count === 1 ? 'once' : `${count} times`;
  return `${times}${lastReason === null ? '' : `, last for ${lastReason}`}: kms history tells why`;
}
