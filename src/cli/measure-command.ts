// A command as those see it who watch runs from outside: lines of the log at its beginning and end, figures in a
// file, telemetry to a collector. None of it changes what the command ends with.
import { clock } from './clock.js';
import type { ExitCode } from '../errors.js';
import type { Diagnostics } from './diagnostics.js';
import type { Report } from '../report/run-report.js';
import { finishedEvent, mendedEvent, startedEvent } from '../report/log-events.js';
import type { Observed, ObservedWarnings } from '../telemetry/run-metrics.js';
import { signalsWanted } from '../telemetry/endpoints.js';

export interface Observation {
  /** Notes what a run reports. */
  report(report: Report): void;
  /** Notes the deadline warnings that were given, and all that are near. */
  warnings(warnings: ObservedWarnings): void;
  /** Tells those who watch; takes a few seconds at most, and never throws. */
  end(exitCode: ExitCode): Promise<void>;
}

export interface ObservationOptions {
  /** Of what did nothing, nothing is counted. */
  readonly dryRun: boolean;
  /** Where the figures go, if not where the configuration says. */
  readonly metricsFile?: string | null;
  /** On the figures of the run itself. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface MeasuredCommand extends ObservationOptions {
  /** As it is typed, without the program. */
  readonly command: string;
  readonly runId: string;
  readonly version: string;
  readonly metricsFile: string | null;
  readonly withUid: boolean;
  readonly log: Pick<Diagnostics, 'note' | 'event'>;
}

/** Begins to observe a command. */
export function observeCommand(terms: MeasuredCommand): Observation {
  const { command, runId, version, log } = terms;
  const beganMs = performance.now();
  let reported: Report | null = null;
  let given: ObservedWarnings | null = null;
  log.event(startedEvent(command));
  return {
    report: (report) => {
      reported = report;
      for (const mended of report.mended) log.event(mendedEvent(mended));
    },
    warnings: (warnings) => {
      given = warnings;
    },
    end: async (exitCode) => {
      const endedMs = performance.now();
      const durationMs = endedMs - beganMs;
      log.event(finishedEvent(command, reported, { exitCode, durationMs }));
      if (terms.dryRun) return;
      const originMs = performance.timeOrigin;
      const at = { originMs, beganMs, endedMs };
      await tell(
        { command, runId, version, exitCode, ...at, report: reported, warnings: given },
        terms,
      );
    },
  };
}

async function tell(observed: Observed, terms: MeasuredCommand): Promise<void> {
  const { metricsFile, withUid, log } = terms;
  if (metricsFile !== null) await writeTextfile(metricsFile, observed, terms);
  const signals = signalsWanted(process.env);
  if (signals.length === 0) return;
  // Loaded only here: a command must not pay for it where nobody listens.
  const { sendTelemetry } = await import('../telemetry/send-telemetry.js');
  const problem = await sendTelemetry(observed, { signals, withUid, env: process.env });
  if (problem !== null) log.note('warn', problem);
}

async function writeTextfile(
  path: string,
  observed: Observed,
  { withUid, labels = {}, log }: MeasuredCommand,
): Promise<void> {
  const { prometheusText, replaceFile } = await import('../telemetry/textfile.js');
  try {
    await replaceFile(path, prometheusText(observed, { withUid, labels, now: clock.now() }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : typeof error;
    log.note('warn', `the metrics file could not be written: ${reason}`);
  }
}
