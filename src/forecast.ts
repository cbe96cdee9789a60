// How many rotations and ends of certificates are ahead, day by day or week by week, and the document
// `kms.forecast/v1`. The arithmetic is rotation/forecast.ts's.
import { readCertificate } from './crypto/certificate.js';
import { KmsError } from './errors.js';
import { formatInstant, type EpochSeconds } from './kmip/date-time.js';
import { certificateBytes } from './kmip/certificate.js';
import {
  bucketsOf,
  DAY_SECONDS,
  weeklyLapseOf,
  type Bucket,
  type Rhythm,
  type WeeklyLapse,
  type Window,
} from './rotation/forecast.js';
import type { Subject } from './rotation/subject.js';
import type { Terms } from './rotation/verdict.js';
import type { Store } from './store/open.js';
import { dueSubjects, passes, type SurveyFilters } from './survey.js';

export interface Forecast {
  readonly window: Window;
  readonly buckets: readonly Bucket[];
  readonly busiest: readonly Bucket[];
  /** Keys that no run can schedule: their deadline cannot be reckoned. */
  readonly undecidable: readonly string[];
  readonly ifWeekly: WeeklyLapse;
}

const BUSIEST = 3;

/** Returns what is ahead within the window. */
export async function forecastOf(
  store: Store,
  terms: Terms,
  filters: SurveyFilters,
  window: Window,
): Promise<Forecast> {
  const rhythms: Rhythm[] = [];
  const undecidable: string[] = [];
  for await (const { subject, judgement } of dueSubjects(store, terms, filters)) {
    const uid = subject.row.id;
    if (judgement.deadline === null) undecidable.push(uid);
    else rhythms.push({ ...rotationsOf(subject), uid, first: judgement.deadline.at });
  }
  const renewed = new Map(rhythms.map(({ uid, first }) => [uid, first]));
  for await (const page of store.findActiveCertificates(filters)) {
    const uids = page.filter((row) => passes(row, filters)).map(({ id }) => id);
    for (const subject of await store.load(uids)) {
      const end = endOf(subject);
      const uid = subject.row.id;
      const goesOn = (renewed.get(uid) ?? Infinity) < (end ?? 0);
      if (end !== null && end < window.until && !goesOn) {
        rhythms.push({ uid, kind: 'expiry', first: end, interval: null });
      }
    }
  }
  const buckets = bucketsOf(rhythms, window);
  return {
    window,
    buckets,
    busiest: [...buckets]
      .filter((bucket) => total(bucket) > 0)
      .sort((a, b) => total(b) - total(a) || a.start - b.start)
      .slice(0, BUSIEST),
    undecidable,
    ifWeekly: weeklyLapseOf(rhythms, window),
  };
}

export function total({ rotations, expiries }: Bucket): number {
  return rotations + expiries;
}

/** Returns the document `kms.forecast/v1`. */
export function forecastJson(forecast: Forecast): object {
  const { window, buckets, busiest, undecidable, ifWeekly } = forecast;
  return {
    schema: 'kms.forecast/v1',
    now: formatInstant(window.now),
    until: formatInstant(window.until),
    by: window.bucketSeconds === DAY_SECONDS ? 'day' : 'week',
    buckets: buckets.map(({ start, rotations, expiries, uids }) => ({
      start: dateOf(start),
      rotations,
      expiries,
      uids,
    })),
    busiest: busiest.map((bucket) => ({ start: dateOf(bucket.start), count: total(bucket) })),
    undecidable,
    ifWeekly,
  };
}

export function dateOf(at: EpochSeconds): string {
  return formatInstant(at).slice(0, 10);
}

function rotationsOf({ object }: Subject): Pick<Rhythm, 'kind' | 'interval'> {
  const interval = object instanceof KmsError ? null : object.attributes.rotateInterval;
  return { kind: 'rotation', interval: interval === null || interval <= 0 ? null : interval };
}

/** One that cannot be read has no end that we know of; kms report says what is amiss with it. */
function endOf({ object }: Subject): EpochSeconds | null {
  if (object instanceof KmsError || object.objectType !== 'Certificate') return null;
  try {
    return readCertificate(certificateBytes(object)).notAfter;
  } catch (error) {
    if (error instanceof KmsError) return null;
    throw error;
  }
}
