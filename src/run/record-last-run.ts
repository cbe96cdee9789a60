// Records a run in the row of its scope, which is what `kms status` shows of runs.
import type { ExitCode } from '../errors.js';
import { exitCodeOfReport, summaryOf, type RunReport } from '../report/run-report.js';
import type { RunScope } from '../store/own/last-runs.js';
import type { SurveyFilters } from '../survey/survey-filters.js';
import type { RunContext } from './context.js';

export async function recordLastRun(
  { store, identity, cadenceSeconds }: Pick<RunContext, 'store' | 'identity' | 'cadenceSeconds'>,
  report: RunReport,
  filters: SurveyFilters,
): Promise<void> {
  const { due, rotated, failed, notAttempted } = summaryOf(report);
  const exitCode = exitCodeOfReport(report);
  const { runId, startedAt, finishedAt } = report;
  const { scope, isGood } = scopeOfRun(report, filters);
  await store.recordRun({
    scope,
    ...{ runId, host: identity.host, startedAt, finishedAt, exitCode, cadenceSeconds },
    ...{ due, rotated, failed, notAttempted },
    lastGoodAt: isGood ? finishedAt : null,
  });
}

/** Returns which runs this was one of, and whether it was a good one. */
export function scopeOfRun(report: RunReport, filters: SurveyFilters) {
  const { rotated, mended } = summaryOf(report);
  return {
    scope: scopeOf(filters),
    isGood: cameToAnEnd(exitCodeOfReport(report), rotated + mended),
  };
}

/** A good run came to the end of its list, or was stopped and had done something. */
function cameToAnEnd(exitCode: ExitCode, committed: number): boolean {
  return [0, 4, 6].includes(exitCode) || (exitCode === 5 && committed > 0);
}

/** In one order, as the scope is compared as text. */
function scopeOf({ owner, tags, objectType, shard }: SurveyFilters): RunScope {
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(tags.length === 0 ? {} : { tags: [...new Set(tags)].sort() }),
    ...(objectType === undefined ? {} : { objectType }),
    ...(shard === undefined ? {} : { shard: `${shard.index}/${shard.of}` }),
  };
}
