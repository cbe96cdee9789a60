// Whether a key is as its policy wants it, and what is amiss if it is not. Pure; what is known of a key,
// compliance-report.ts gathers.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { KmsError } from '../errors.js';
import type { Evaluation } from './eligibility.js';

/** What may be amiss, the most pressing first. */
export const VIOLATIONS = [
  'orphaned',
  'expired',
  'unreadable',
  'failed',
  'overdue',
  'undecidable',
  'weak',
  'opted-out',
  'no-policy',
] as const;
export type ViolationName = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly name: ViolationName;
  /** In words, with what to do where that is not plain. */
  readonly detail: string;
}

export interface ComplianceInput {
  readonly uid: string;
  readonly evaluation: Evaluation;
  /** How often runs have failed to rotate it, and why the last one did. */
  readonly failures: { readonly count: number; readonly lastReason: string | null };
  /** The replaced wrapping key that it is still under, and what is known to keep a run from mending that. */
  readonly staleDependant: { readonly under: string; readonly error: KmsError | null } | null;
  /** When a certificate ends. */
  readonly notAfter: EpochSeconds | null;
  /** Why it cannot be read, so that nobody knows what it is or when it ends. */
  readonly unreadable: KmsError | null;
  /** Bits of security; null if it cannot be told. */
  readonly strengthBits: number | null;
}

export interface ComplianceOptions {
  readonly now: EpochSeconds;
  readonly minimumStrengthBits: number;
}

/** Returns what is amiss with a key, the most pressing first; nothing if it complies. */
export function violationsOf(
  input: ComplianceInput,
  { now, minimumStrengthBits }: ComplianceOptions,
): readonly Violation[] {
  const { evaluation, failures, staleDependant, notAfter, unreadable, strengthBits } = input;
  const { eligibility, deadline, failure } = evaluation;
  const overdue = eligibility === 'due' || eligibility === 'unsupported';
  const found: Record<ViolationName, string | null> = {
    orphaned: staleDependant === null ? null : staleDependantDetail(staleDependant),
    expired: notAfter !== null && notAfter <= now ? `ended at ${formatInstant(notAfter)}` : null,
    // What is undecidable for this very reason says so itself.
    unreadable: unreadable === null || unreadable === failure ? null : unreadable.message,
    failed: overdue && failures.count > 0 ? failureDetail(failures) : null,
    overdue:
      overdue && deadline !== null
        ? `since ${formatInstant(deadline.at)}${failure === null ? '' : `; ${failure.message}`}`
        : null,
    undecidable: eligibility === 'undecidable' ? (failure?.message ?? 'no deadline') : null,
    weak:
      strengthBits !== null && strengthBits < minimumStrengthBits
        ? `${strengthBits} bits of security, below ${minimumStrengthBits}: rotation keeps the kind, so make a new key`
        : null,
    'opted-out': eligibility === 'opted-out' ? 'its Rotate Automatic is false' : null,
    'no-policy': eligibility === 'not-armed' ? 'kms policy set gives it one' : null,
  };
  return VIOLATIONS.flatMap((name) => {
    const detail = found[name];
    return detail === null ? [] : [{ name, detail }];
  });
}

function staleDependantDetail({
  under,
  error,
}: NonNullable<ComplianceInput['staleDependant']>): string {
  const why =
    error === null ? ', which was replaced: kms rotate due mends it' : `: ${error.message}`;
  return `still wrapped by ${under}${why}`;
}

function failureDetail({ count, lastReason }: ComplianceInput['failures']): string {
  const times = count === 1 ? 'once' : `${count} times`;
  return `${times}${lastReason === null ? '' : `, last for ${lastReason}`}: kms history tells why`;
}
