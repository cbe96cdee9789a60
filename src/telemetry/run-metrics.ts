// What is measured of a command: the figures that OpenTelemetry and the textfile both tell. Taken from what the
// command reports; nothing is counted a second time.
import type { ExitCode } from '../errors.js';
import { summaryOf, type Report, type Result } from '../report/run-report.js';

/** A command from its start to its end, and what came of it. */
export interface Observed {
  /** As it is typed, without the program. */
  readonly command: string;
  readonly runId: string;
  readonly version: string;
  /** Where the clock that never jumps has its zero, in milliseconds since 1970. */
  readonly originMs: number;
  /** On that clock. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly exitCode: ExitCode;
  /** Null if the run ended before there was anything to report, or is of another kind. */
  readonly report: Report | null;
  /** Null for a command that gives none. */
  readonly warnings: ObservedWarnings | null;
}

export interface ObservedWarnings {
  /** Those that this run gave, each once; a counter counts them. */
  readonly given: readonly WarnedKey[];
  /** All that hold, given before or not; a gauge shows them. */
  readonly near: readonly WarnedKey[];
}

/** A deadline warning. */
export interface WarnedKey {
  readonly uid: string;
  readonly algorithm: string | null;
  readonly thresholdDays: number;
}

export interface Figures {
  readonly rotated: readonly Labels[];
  readonly failed: readonly Labels[];
  readonly warned: readonly Labels[];
  readonly near: readonly Labels[];
  /** Null if it could not be told what is due. */
  readonly due: { readonly keys: number; readonly overdueAgeSeconds: number } | null;
  readonly durationSeconds: number;
  readonly outcome: RunOutcome;
}

/** The attributes of one key's point. */
export type Labels = Readonly<Record<string, string>>;

export interface FigureOptions {
  /** Whether points name the object, which makes one series for each. */
  readonly withUid: boolean;
}

type RunOutcome = 'success' | 'error' | 'failure' | 'stopped' | 'undelivered';

export function figuresOf(observed: Observed, { withUid }: FigureOptions): Figures {
  const { report, warnings, exitCode } = observed;
  const labelsOf = (
    { uid, algorithm }: { readonly uid: string; readonly algorithm: string | null },
    more: Labels,
  ): Labels => ({ ...(withUid ? { uid } : {}), algorithm: algorithm ?? 'unknown', ...more });
  const labelsOfWarning = (warning: WarnedKey) =>
    labelsOf(warning, { threshold_days: String(warning.thresholdDays) });
  const results = report?.results ?? [];
  const failures = results.flatMap((result) =>
    result.error === null ? [] : [{ result, reason: result.error.reason }],
  );
  return {
    rotated: results
      .filter(({ outcome }) => outcome === 'rotated')
      .map((result) => labelsOf(named(result), { outcome: 'success' })),
    failed: failures.map(({ result, reason }) => labelsOf(named(result), { reason })),
    warned: (warnings?.given ?? []).map(labelsOfWarning),
    near: (warnings?.near ?? []).map(labelsOfWarning),
    due: report === null ? null : dueOf(report),
    durationSeconds: (observed.endedMs - observed.beganMs) / 1000,
    outcome: runOutcomeOf(exitCode),
  };
}

/** Adds up points that have the same attributes: in a series each may stand only once. */
export function counted(points: readonly Labels[]): readonly (readonly [Labels, number])[] {
  const counts = new Map<string, [Labels, number]>();
  for (const labels of points) {
    const key = JSON.stringify(labels);
    counts.set(key, [labels, (counts.get(key)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()];
}

function named({ uid, objectSummary }: Result): {
  readonly uid: string;
  readonly algorithm: string | null;
} {
  return { uid, algorithm: objectSummary.algorithm };
}

/** A run that broke off, or was asked for one object, does not know what is due. */
function dueOf(report: Report): Figures['due'] {
  if (report.longestOverdueSeconds === null) return null;
  return { keys: summaryOf(report).due, overdueAgeSeconds: report.longestOverdueSeconds };
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
