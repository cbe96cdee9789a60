// Reports a command to those who watch runs from outside: its start and end in the log, figures in a file for
// Prometheus, telemetry to a collector. Nothing here changes the exit code.
import type { ExitCode } from '../errors.js';
import { finishedRecord, rewrappedRecord, startedRecord } from '../report/log-records.js';
import type { RunReport } from '../report/run-report.js';
import { clock } from './clock.js';
import type { Diagnostics } from './diagnostics.js';
import type { CommandRun, CountedWarnings } from '../telemetry/run-metrics.js';
import { requestedSignals } from '../telemetry/endpoints.js';

export interface Measurement {
  /** Whether anybody gets the figures: what is counted for them alone need not be otherwise. */
  readonly isWanted: boolean;
  /** Logs the start, once; called when the label of the store is known. */
  begin(): void;
  /** Adds the report of a run. */
  report(report: RunReport): void;
  /** Adds the deadline warnings that were given, and all that are near. */
  warnings(warnings: CountedWarnings): void;
  /** Sends everything. It takes a few seconds at most and never throws. */
  end(exitCode: ExitCode): Promise<void>;
}

export interface MeasurementOptions {
  /** A dry run is logged, but neither written to the file nor sent. */
  readonly dryRun: boolean;
  /** The file for the figures, in place of the configured one; null for none. */
  readonly metricsFile?: string | null;
  /** Labels for the figures of the run itself. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface MeasuredCommand extends MeasurementOptions {
  /** As it is typed, without the program. */
  readonly command: string;
  readonly runId: string;
  readonly version: string;
  readonly host: string;
  /** Returns the label of the store. */
  readonly store: () => string;
  /** Says whether that is its own name, and not only what its URL calls it. */
  readonly storeIsKnown: () => boolean;
  /** How often runs are started, in seconds; null if no setting says. */
  readonly cadenceSeconds: number | null;
  readonly metricsFile: string | null;
  readonly withUid: boolean;
  readonly log: Pick<Diagnostics, 'note' | 'event'>;
}

/** Starts to measure a command. */
export function measureCommand(options: MeasuredCommand): Measurement {
  const { command, runId, version, host, store, log } = options;
  const beganMs = performance.now();
  let report: RunReport | null = null;
  let warnings: CountedWarnings | null = null;
  let isLogged = false;
  const begin = () => {
    if (!isLogged) log.event(startedRecord(command));
    isLogged = true;
  };
  const { dryRun, metricsFile } = options;
  return {
    isWanted: !dryRun && (metricsFile !== null || requestedSignals(process.env).length > 0),
    begin,
    report: (ofRun) => {
      report = ofRun;
      for (const dependant of ofRun.rewrappedDependants) log.event(rewrappedRecord(dependant));
    },
    warnings: (given) => {
      warnings = given;
    },
    end: async (exitCode) => {
      const endedMs = performance.now();
      begin();
      log.event(finishedRecord(command, report, { exitCode, durationMs: endedMs - beganMs }));
      if (dryRun) return;
      const at = { originMs: performance.timeOrigin, beganMs, endedMs };
      await send(
        { command, runId, version, host, store: store(), exitCode, ...at, report, warnings },
        options,
      );
    },
  };
}

async function send(observed: CommandRun, options: MeasuredCommand): Promise<void> {
  const { metricsFile, withUid, log } = options;
  if (metricsFile !== null) await writeTextfile(metricsFile, observed, options);
  const signals = requestedSignals(process.env);
  if (signals.length === 0) return;
  // Loaded only if there is a collector, as loading it takes time.
  const { sendTelemetry } = await import('../telemetry/send-telemetry.js');
  const monotonicMs = () => performance.now();
  const problem = await sendTelemetry(observed, {
    signals,
    withUid,
    env: process.env,
    monotonicMs,
  });
  if (problem !== null) log.note('warn', problem);
}

async function writeTextfile(
  path: string,
  observed: CommandRun,
  { withUid, labels = {}, log, cadenceSeconds, storeIsKnown }: MeasuredCommand,
): Promise<void> {
  const { prometheusText } = await import('../telemetry/textfile.js');
  const { updateMetricsFile } = await import('../telemetry/metrics-file.js');
  try {
    const options = {
      withUid,
      labels,
      now: clock.now(),
      cadenceSeconds,
      storeIsKnown: storeIsKnown(),
    };
    await updateMetricsFile(path, (content) => prometheusText(observed, options, content));
  } catch (error) {
    const reason = error instanceof Error ? error.message : typeof error;
    log.note('warn', `the metrics file could not be written: ${reason}`);
  }
}
