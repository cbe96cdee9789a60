// What a report is about, so that it can be kept as evidence: which store, seen by which program on which host, narrowed
// by which filters, and judged by which rules.
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { headText } from '../../report/audit/head-text.js';
import type { FirstDeadlineRule } from '../../rotation/deadline.js';
import type { EndOptions } from '../../rotation/ends.js';
import type { HsmRule } from '../../rotation/exclusion.js';
import type { ChainHead } from '../../store/own/chain/chain-details.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';
import { exactDuration } from '../../text/duration.js';

export interface ReportSubject {
  /** The label of the store. */
  readonly store: string;
  /** The random id that kms init gave it; null if nobody knows it. */
  readonly storeId: string | null;
  /** Without its password. */
  readonly url: string;
  readonly host: string;
  readonly version: string;
  readonly filters: SurveyFilters;
  readonly firstDeadline: FirstDeadlineRule;
  readonly ends: EndOptions;
  readonly hsm: HsmRule;
  readonly minimumStrengthBits: number;
  readonly maxIntervalSeconds: number | null;
  /** How many days before a deadline kms warnings warns of it. */
  readonly warningDays: readonly number[];
  /** The newest rows of the rotation log; null if the store has none. */
  readonly auditHeads: readonly ChainHead[] | null;
}

/** Returns what a reader must know to judge a report: names and values, in the order of a page’s head. */
export function reportFacts(
  { now, counts }: { readonly now: EpochSeconds; readonly counts: { readonly keys: number } },
  subject: ReportSubject,
): readonly (readonly [string, string])[] {
  const { store, url, host, version } = subject;
  return [
    ['As of', formatInstant(now)],
    ['Keys', String(counts.keys)],
    ['Store', `${store} (${url})`],
    ['Seen from', `${host}, kms ${version}`],
    ['Filters', filterText(subject)],
    ['Rules', ruleText(subject)],
    ['Audit heads', headsText(subject)],
  ];
}

/** Returns the filters as the flags that set them; `none` for a report on the whole store. */
export function filterText({ filters: { owner, tags, objectType } }: ReportSubject): string {
  const set = [
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...tags.map((tag) => `tag ${tag}`),
    ...(objectType === undefined ? [] : [`type ${objectType}`]),
  ];
  return set.length === 0 ? 'none' : set.join(', ');
}

export function ruleText({
  firstDeadline,
  ends: { beforeEndSeconds, usagePercent },
  hsm,
  minimumStrengthBits,
  maxIntervalSeconds,
  warningDays,
}: ReportSubject): string {
  const lead = beforeEndSeconds === null ? 'a tenth of a life' : exactDuration(beforeEndSeconds);
  const most =
    maxIntervalSeconds === null
      ? 'of any length'
      : `of at most ${exactDuration(maxIntervalSeconds)}`;
  const warned =
    warningDays.length === 0
      ? 'no warnings before a deadline'
      : `warnings ${warningDays.join(', ')} days before a deadline`;
  return [
    `first deadline ${firstDeadline}`,
    `rotation ${lead} before an end and at ${usagePercent} % of the Usage Limits`,
    `hsm ${hsm}`,
    `at least ${minimumStrengthBits} bits of security`,
    `intervals ${most}`,
    warned,
  ].join(', ');
}

/** Returns the heads of the log as kms audit heads prints them. */
export function headsText({ auditHeads }: ReportSubject): string {
  if (auditHeads === null) return 'none, as the store has no rotation log';
  return auditHeads.map(headText).join(' ') || 'none, as the rotation log is empty';
}

export function isFiltered({ filters: { owner, tags, objectType } }: ReportSubject): boolean {
  return owner !== undefined || tags.length > 0 || objectType !== undefined;
}

/** Returns the members of the document `kms.report/v1` that say what it is about. */
export function subjectJson(subject: ReportSubject) {
  const { store, storeId, url, host, version, filters, ends, auditHeads, ...rules } = subject;
  const { firstDeadline, hsm, minimumStrengthBits, maxIntervalSeconds, warningDays } = rules;
  const { owner = null, tags, objectType: type = null } = filters;
  return {
    ...{ store, storeId, url, host, version },
    filters: { owner, tags, type },
    rules: {
      ...{ firstDeadline, ...ends, hsm, minimumStrengthBits },
      ...{ maxIntervalSeconds, warningDays },
    },
    auditHeads: auditHeads?.map(({ chain, seq, hash }) => ({ chain, seq, hash })) ?? null,
  };
}
