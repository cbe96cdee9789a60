// How many deadlines the next weeks hold, for the metrics of kms warnings: a forecast in short.
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import type { RetirementStore } from '../../survey/retirements.js';
import type { DueStore } from '../../survey/survey.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';
import type { WeekAhead } from '../../telemetry/run-metrics.js';
import { WEEK_SECONDS } from '../../text/duration.js';
import { forecastOf } from './forecast.js';

const WEEKS = 12;

/** Returns what falls due this week, from now on, and in each of the next; weeks begin on Monday (UTC). */
export async function weeksAhead(
  store: DueStore & RetirementStore,
  terms: Omit<EvaluationOptions, 'withinSeconds'>,
  filters: SurveyFilters,
): Promise<readonly WeekAhead[]> {
  const withinSeconds = WEEKS * WEEK_SECONDS;
  const { now } = terms;
  const window = { now, until: now + withinSeconds, bucketSeconds: WEEK_SECONDS };
  const { buckets } = await forecastOf(store, { ...terms, withinSeconds }, filters, window);
  // A window that begins within a week ends within one, which is cut off there.
  return buckets.slice(0, WEEKS).map(({ rotations, expiries }) => ({ rotations, expiries }));
}
