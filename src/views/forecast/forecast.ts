// How many rotations and ends of certificates are ahead, day by day or week by week, and the document
// `kms.forecast/v1`. rotation/forecast.ts does the arithmetic.
import { certificateDatesOf, validityOf } from '../../survey/certificate-validity.js';
import { KmsError } from '../../errors.js';
import { DAY_SECONDS } from '../../text/duration.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { errorJson } from '../../report/error-json.js';
import {
  bucketsOf,
  weeklyDelayOf,
  type Bucket,
  type Recurrence,
  type WeeklyDelay,
  type ForecastWindow,
} from '../../rotation/forecast.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { type EvaluationOptions } from '../../rotation/eligibility.js';
import { exclusionOfCandidate, isPassedOver } from '../../rotation/exclusion.js';
import type { Deadline } from '../../rotation/deadline.js';
import { activeCertificates, dueCandidates, type DueStore } from '../../survey/survey.js';
import { retirements, type Retirement, type RetirementStore } from '../../survey/retirements.js';
import { retirementsJson } from '../retirement-lines.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';

export interface Forecast {
  readonly window: ForecastWindow;
  readonly buckets: readonly Bucket[];
  readonly busiest: readonly Bucket[];
  /** Keys that no run can schedule: their deadline cannot be computed. */
  readonly undecidable: readonly string[];
  /** Active certificates whose end cannot be read, and so is missing here. */
  readonly failures: readonly { readonly uid: string; readonly error: KmsError }[];
  readonly ifWeekly: WeeklyDelay;
  /** What is replaced, and whose overlap ends within the window. */
  readonly retiring: readonly Retirement[];
}

const BUSIEST = 3;

/** Returns what is ahead within the window. */
export async function forecastOf(
  store: DueStore & RetirementStore,
  options: EvaluationOptions,
  filters: SurveyFilters,
  window: ForecastWindow,
): Promise<Forecast> {
  const recurrences: Recurrence[] = [];
  const undecidable: string[] = [];
  for await (const { candidate, evaluation } of dueCandidates(store, options, filters)) {
    const uid = candidate.row.id;
    if (evaluation.deadline === null) undecidable.push(uid);
    else {
      const { at } = evaluation.deadline;
      const rotations = rotationsOf(candidate, evaluation.deadline);
      recurrences.push({ ...rotations, uid, first: at ?? options.now });
    }
  }
  const renewed = new Map(recurrences.map(({ uid, first }) => [uid, first]));
  const failures: { uid: string; error: KmsError }[] = [];
  for await (const candidate of activeCertificates(store, filters)) {
    if (isPassedOver(exclusionOfCandidate(candidate), options)) continue;
    const uid = candidate.row.id;
    const term = validityOf(candidate.object);
    if (term instanceof KmsError) failures.push({ uid, error: term });
    if (term === null || term instanceof KmsError) continue;
    const { issuer = null } = certificateDatesOf(candidate) ?? {};
    const endsWithIssuer = issuer !== null && issuer.notAfter <= term.notAfter;
    const goesOn = (renewed.get(uid) ?? Infinity) < term.notAfter && !endsWithIssuer;
    if (term.notAfter < window.until && !goesOn) {
      recurrences.push({ uid, kind: 'expiry', first: term.notAfter, intervalSeconds: null });
    }
  }
  const buckets = bucketsOf(recurrences, window);
  return {
    window,
    buckets,
    busiest: [...buckets]
      .filter((bucket) => bucketTotal(bucket) > 0)
      .sort((a, b) => bucketTotal(b) - bucketTotal(a) || a.start - b.start)
      .slice(0, BUSIEST),
    undecidable,
    failures,
    ifWeekly: weeklyDelayOf(recurrences, window),
    retiring: await retirements(store, window.until, filters),
  };
}

export function bucketTotal({ rotations, expiries }: Bucket): number {
  return rotations + expiries;
}

/** Returns the document `kms.forecast/v1`. */
export function forecastJson(forecast: Forecast, store: string): object {
  const { window, buckets, busiest, undecidable, failures, ifWeekly, retiring } = forecast;
  return {
    schema: 'kms.forecast/v1',
    store,
    now: formatInstant(window.now),
    until: formatInstant(window.until),
    by: window.bucketSeconds === DAY_SECONDS ? 'day' : 'week',
    buckets: buckets.map(({ start, rotations, expiries, uids }) => ({
      start: dateOf(start),
      rotations,
      expiries,
      uids,
    })),
    busiest: busiest.map((bucket) => ({ start: dateOf(bucket.start), count: bucketTotal(bucket) })),
    undecidable,
    failures: failures.map(({ uid, error }) => ({ uid, error: errorJson(error) })),
    ifWeekly,
    retiring: retirementsJson(retiring),
  };
}

export function dateOf(at: EpochSeconds): string {
  return formatInstant(at).slice(0, 10);
}

/** One that ends before its interval is over has a replacement that lives as long. */
function rotationsOf(
  { object }: RotationCandidate,
  { end }: Deadline,
): Pick<Recurrence, 'kind' | 'intervalSeconds'> {
  const interval = object instanceof KmsError ? null : object.attributes.rotateInterval;
  const life = Math.max(1, end?.lifeSeconds ?? Infinity);
  const intervalSeconds = interval === null ? null : Math.min(interval, life);
  return {
    kind: 'rotation',
    intervalSeconds: intervalSeconds === null || intervalSeconds <= 0 ? null : intervalSeconds,
  };
}
