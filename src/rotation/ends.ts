// What ends an object before its interval does: its dates, the end of a certificate, a budget that is used up; and when
// it is to be rotated for that. Pure. eligibility.ts takes the earliest of these deadlines and the scheduled one.
import { LAST_INSTANT, type EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject, JsonValue } from '../kmip/json.js';
import { MalformedMember, memberReader } from '../kmip/members.js';
import { DAY_SECONDS } from '../text/duration.js';
import type { Deadline, DeadlineRule, Validity } from './deadline.js';

/** The settings `rotation.before_end` and `rotation.usage_percent`. */
export interface EndOptions {
  /** How long before its end an object is rotated, in seconds; null: by the length of its life. */
  readonly beforeEndSeconds: number | null;
  /** At how much of its Usage Limits left an object is rotated, from 0 to MOST_USAGE_PERCENT. */
  readonly usagePercent: number;
}

/** The database keeps an index of objects with half of their budget left, or less. */
export const MOST_USAGE_PERCENT = 50;

export const DEFAULT_END_OPTIONS: EndOptions = { beforeEndSeconds: null, usagePercent: 10 };

/** Without a setting, the longest lead. */
const LONGEST_LEAD_SECONDS = 30 * DAY_SECONDS;
const SHORTEST_LEAD_SECONDS = 3600;

/** An instant at which an object ends, and from when on it lives. */
interface End {
  readonly rule: Exclude<EndRule, 'usage-limit'>;
  readonly at: EpochSeconds;
  /** Null if nothing says. */
  readonly from: EpochSeconds | null;
  /** The uid of the other key of the pair, if the end is that one's. */
  readonly of: string | null;
  /** Why a replacement would end no later; null if it would. */
  readonly unavoidable: string | null;
}

export type EndRule = Exclude<DeadlineRule, `${'rotate-date' | 'initial-date'}${string}`>;

/** What is known of an object besides its policy. */
export interface Lifetime {
  /** Column attributes. */
  readonly members: JsonObject;
  /** Of a private key, its public key. */
  readonly counterpart: { readonly uid: string; readonly members: JsonObject } | null;
  /** Of a certificate that can be read. */
  readonly validity: (Validity & { readonly issuer?: CertificateIssuer | null }) | null;
}

interface CertificateIssuer {
  readonly uid: string;
  readonly notAfter: EpochSeconds;
}

/** A rule that does not apply, as the replacement would meet it again at once. */
export interface UnavoidableEnd {
  readonly rule: EndRule;
  /** In words. */
  readonly why: string;
}

export interface EndsOfLife {
  /** The earliest deadline by one of the rules; null if none applies. */
  readonly deadline: Deadline | null;
  readonly unavoidable: UnavoidableEnd | null;
}

/** Returns when an object must be rotated because it ends. */
export function deadlineByEnds(lifetime: Lifetime, options: EndOptions): EndsOfLife {
  const ends = endsOf(lifetime);
  const avoidable = ends.filter(({ unavoidable }) => unavoidable === null);
  const budgets = budgetsOf(lifetime).filter((budget) => isNearlyUsed(budget, options));
  const used = budgets.find(({ count }) => count > 0n);
  const deadlines = avoidable.map((end) => deadlineOfEnd(end, options));
  const earliest = deadlines.reduce<Deadline | null>(
    (first, one) => (first === null || (one.at ?? 0) < (first.at ?? 0) ? one : first),
    null,
  );
  return {
    deadline: used === undefined ? earliest : { at: null, rule: 'usage-limit', of: used.of },
    unavoidable: unavoidableOf(ends, used === undefined ? budgets : []),
  };
}

/** Returns the instants at which an object ends, in no order. */
export function endsOf({ members, counterpart, validity }: Lifetime): readonly End[] {
  const ends = [
    ...datesIn(members, null),
    ...(counterpart === null ? [] : datesIn(counterpart.members, counterpart.uid)),
    ...(validity === null ? [] : [endOfCertificate(validity)]),
  ];
  // The last instant stands for never (RFC 5280 §4.1.2.5).
  return ends.filter(({ at }) => at < LAST_INSTANT);
}

/** Returns the earlier of the Deactivation Date and the Protect Stop Date that attributes hold; null if they hold none. */
export function protectsUntil(members: JsonObject): EpochSeconds | null {
  const ends = datesIn(members, null).map(({ at }) => at);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** How long before an end an object is rotated. */
export interface Lead {
  readonly seconds: number;
  /** Whether it was cut, so that each replacement lives two thirds of its span. */
  readonly isCut: boolean;
}

/** Returns the lead in a span of so many seconds; null if the span is not known. */
export function leadIn(spanSeconds: number | null, beforeEndSeconds: number | null): Lead {
  if (spanSeconds === null) {
    return { seconds: beforeEndSeconds ?? SHORTEST_LEAD_SECONDS, isCut: false };
  }
  const third = Math.floor(Math.max(spanSeconds, 0) / 3);
  const tenth = Math.floor(Math.max(spanSeconds, 0) / 10);
  const usual = Math.min(Math.max(tenth, SHORTEST_LEAD_SECONDS), LONGEST_LEAD_SECONDS);
  const wanted = beforeEndSeconds ?? usual;
  return { seconds: Math.min(wanted, third), isCut: beforeEndSeconds !== null && wanted > third };
}

/** Returns the longest lead that any object may have, given the longest of their own options. */
export function longestLead({ beforeEndSeconds }: EndOptions, longestOwn: number | null): number {
  return Math.max(beforeEndSeconds ?? LONGEST_LEAD_SECONDS, longestOwn ?? 0);
}

export function isEndRule(rule: DeadlineRule): rule is EndRule {
  return !rule.startsWith('rotate-date') && !rule.startsWith('initial-date');
}

function deadlineOfEnd(end: End, { beforeEndSeconds }: EndOptions): Deadline {
  const span = end.from === null ? null : end.at - end.from;
  const { seconds, isCut } = leadIn(span, beforeEndSeconds);
  return {
    at: end.at - seconds,
    rule: end.rule,
    of: end.of,
    end: { at: end.at, lifeSeconds: span === null ? null : span - seconds, isCut },
  };
}

/** A date that cannot be read is none: what else cannot be read of the object, its rotation tells. */
function datesIn(members: JsonObject, of: string | null): readonly End[] {
  const read = (member: string) =>
    readableOrNull(() => memberReader(members, 'attributes').dateTime(member));
  const from = read('ActivationDate') ?? read('InitialDate');
  const found = [
    { rule: 'before-deactivation', at: read('DeactivationDate') },
    { rule: 'before-protect-stop', at: read('ProtectStopDate') },
  ] as const;
  return found.flatMap(({ rule, at }) =>
    at === null ? [] : [{ rule, at, from, of, unavoidable: null }],
  );
}

function endOfCertificate({
  notBefore,
  notAfter,
  issuer = null,
}: NonNullable<Lifetime['validity']>): End {
  return {
    rule: 'before-certificate-end',
    at: notAfter,
    from: notBefore,
    of: null,
    unavoidable:
      notAfter <= notBefore
        ? 'it ends as it begins, and so would its replacement'
        : issuer !== null && issuer.notAfter <= notAfter
          ? `it ends with the certificate of its issuer, ${JSON.stringify(issuer.uid)}, which must be renewed first`
          : null,
  };
}

interface Budget {
  readonly total: bigint;
  /** 0 if nothing says how much there was. */
  readonly count: bigint;
  readonly of: string | null;
}

function budgetsOf({ members, counterpart }: Lifetime): readonly Budget[] {
  return [
    ...budgetIn(members, null),
    ...(counterpart === null ? [] : budgetIn(counterpart.members, counterpart.uid)),
  ];
}

function budgetIn(members: JsonObject, of: string | null): readonly Budget[] {
  const limits = readableOrNull(() => memberReader(members, 'attributes').map('UsageLimits'));
  const total = integerOf(limits?.['UsageLimitsTotal']);
  if (total === null) return [];
  return [{ total, count: integerOf(limits?.['UsageLimitsCount']) ?? 0n, of }];
}

function integerOf(value: JsonValue | undefined): bigint | null {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : null;
}

function isNearlyUsed({ total, count }: Budget, { usagePercent }: EndOptions): boolean {
  return count > 0n ? total * 100n <= count * BigInt(usagePercent) : total <= 0n;
}

function unavoidableOf(ends: readonly End[], usedUp: readonly Budget[]): UnavoidableEnd | null {
  const end = ends.find(({ unavoidable }) => unavoidable !== null);
  if (end !== undefined && end.unavoidable !== null)
    return { rule: end.rule, why: end.unavoidable };
  if (usedUp.length === 0) return null;
  return {
    rule: 'usage-limit',
    why: 'its Usage Limits are used up, and no rotation can restore them: UsageLimitsCount does not say how much there was',
  };
}

function readableOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedMember) return null;
    throw error;
  }
}
