// The metrics of a command's run, which OpenTelemetry and the textfile both publish. They come from the command's
// report; nothing is counted twice.
import type { WarningKind } from '../rotation/warning.js';
import type { ExitCode } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { RotationResult } from '../report/rotation-result.js';
import { summaryOf, type RunReport } from '../report/run-report.js';
import type { StoreStanding } from '../report/store-standing.js';
import { scopeWords } from '../store/own/last-runs.js';

/** A command's run from start to end, with its outcome. */
export interface CommandRun {
  /** As typed, without the program: `rotate due`. */
  readonly command: string;
  readonly runId: string;
  readonly version: string;
  readonly host: string;
  /** The label of the store. */
  readonly store: string;
  /** `performance.timeOrigin`: the zero of the monotonic clock, in milliseconds since 1970. */
  readonly originMs: number;
  /** On the monotonic clock. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly exitCode: ExitCode;
  /** Null if the run ended before it had a report, or the command has none. */
  readonly report: RunReport | null;
  /** Null for a command that gives no warnings. */
  readonly warnings: CountedWarnings | null;
}

export interface CountedWarnings {
  /** Warnings that this run gave for the first time; a counter counts them. */
  readonly issued: readonly CountedWarning[];
  /** All current warnings, new or not; a gauge shows them. */
  readonly near: readonly CountedWarning[];
  /** This week and those after it, in their order. */
  readonly ahead: readonly WeekAhead[];
}

/** What falls due within a week. */
export interface WeekAhead {
  readonly rotations: number;
  readonly expiries: number;
}

/** One object whose deadline is within a threshold. */
export interface CountedWarning {
  readonly uid: string;
  readonly algorithm: string | null;
  readonly kind: WarningKind;
  readonly thresholdDays: number;
}

export interface RunMetrics {
  readonly rotated: readonly Labels[];
  readonly failed: readonly Labels[];
  readonly warned: readonly Labels[];
  readonly near: readonly Labels[];
  /** How many deadlines lie in each week ahead, by kind. */
  readonly ahead: readonly Figure[];
  /** Null if the run does not know what is due. */
  readonly due: { readonly keys: number; readonly overdueAgeSeconds: number } | null;
  /** Null if the run does not know how the store stands. */
  readonly standing: StandingMetrics | null;
  readonly durationSeconds: number;
  readonly outcome: RunOutcome;
}

/** About the whole store, whatever the run was for. */
interface StandingMetrics {
  /** How many conditions hold, by kind and reason. */
  readonly conditions: readonly Figure[];
  /** Zero if none holds. */
  readonly oldestConditionAgeSeconds: number;
  /** When the last good run ended, in seconds since 1970, by scope. */
  readonly lastGoodRuns: readonly Figure[];
  /** How often runs are started, in seconds, by scope. */
  readonly cadences: readonly Figure[];
}

export type Figure = readonly [Labels, number];

/** The labels (in OpenTelemetry: attributes) of one key's data point. */
export type Labels = Readonly<Record<string, string>>;

export interface MetricOptions {
  /** Whether data points carry the uid, which makes one time series for each object. */
  readonly withUid: boolean;
}

type RunOutcome = 'success' | 'error' | 'failure' | 'stopped' | 'undelivered';

export function runMetrics(run: CommandRun, { withUid }: MetricOptions): RunMetrics {
  const { report, warnings, exitCode } = run;
  const labelsOf = (
    { uid, algorithm }: { readonly uid: string; readonly algorithm: string | null },
    more: Labels,
  ): Labels => ({ ...(withUid ? { uid } : {}), algorithm: algorithm ?? 'unknown', ...more });
  const labelsOfWarning = (warning: CountedWarning) =>
    labelsOf(warning, { threshold_days: String(warning.thresholdDays), kind: warning.kind });
  const results = report?.results ?? [];
  const failures = results.flatMap((result) =>
    result.error === null ? [] : [{ result, reason: result.error.reason }],
  );
  return {
    rotated: results
      .filter(({ outcome }) => outcome === 'rotated')
      .map((result) => labelsOf(named(result), { outcome: 'success' })),
    failed: failures.map(({ result, reason }) => labelsOf(named(result), { reason })),
    warned: (warnings?.issued ?? []).map(labelsOfWarning),
    near: (warnings?.near ?? []).map(labelsOfWarning),
    ahead: (warnings?.ahead ?? []).flatMap(figuresOfWeek),
    due: report === null ? null : dueOf(report),
    standing: report?.standing ? standingOf(report.standing, report.finishedAt) : null,
    durationSeconds: (run.endedMs - run.beganMs) / 1000,
    outcome: runOutcomeOf(exitCode),
  };
}

function figuresOfWeek({ rotations, expiries }: WeekAhead, week: number): readonly Figure[] {
  const weeksAhead = { weeks_ahead: String(week) };
  return [
    [{ ...weeksAhead, kind: 'rotation' }, rotations],
    [{ ...weeksAhead, kind: 'expiry' }, expiries],
  ];
}

/** Counts the points that have the same labels: a time series may have only one value. */
export function countByLabels(points: readonly Labels[]): readonly Figure[] {
  const counts = new Map<string, [Labels, number]>();
  for (const labels of points) {
    const key = JSON.stringify(labels);
    counts.set(key, [labels, (counts.get(key)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()];
}

function named({ uid, objectSummary }: RotationResult): {
  readonly uid: string;
  readonly algorithm: string | null;
} {
  return { uid, algorithm: objectSummary.algorithm };
}

/** A run that was stopped, or was for one object, does not know what is due. */
function dueOf(report: RunReport): RunMetrics['due'] {
  if (report.longestOverdueSeconds === null) return null;
  return { keys: summaryOf(report).due, overdueAgeSeconds: report.longestOverdueSeconds };
}

function standingOf({ conditions, runs }: StoreStanding, now: EpochSeconds): StandingMetrics {
  const byScope = (secondsOf: (run: StoreStanding['runs'][number]) => number | null) =>
    runs.flatMap((run): Figure[] => {
      const seconds = secondsOf(run);
      const words = scopeWords(run.scope);
      return seconds === null ? [] : [[{ scope: words === '' ? 'all' : words }, seconds]];
    });
  const [oldest] = conditions;
  return {
    conditions: countByLabels(conditions.map(({ kind, reason }) => ({ kind, reason }))),
    oldestConditionAgeSeconds: oldest === undefined ? 0 : Math.max(0, now - oldest.firstSeenAt),
    lastGoodRuns: byScope(({ lastGoodAt }) => lastGoodAt),
    cadences: byScope(({ cadenceSeconds }) => cadenceSeconds),
  };
}

function runOutcomeOf(exitCode: ExitCode): RunOutcome {
  switch (exitCode) {
    case 0:
      return 'success';
    case 4:
      return 'failure';
    case 5:
    case 130:
    case 143:
      return 'stopped';
    case 6:
      return 'undelivered';
    case 1:
    case 2:
    case 3:
      return 'error';
  }
}
