// A run as events for the log: what became of each object, and of the run.
import { exitCodeOf, type ExitCode, type KmsError, unexpectedCauseOf } from '../errors.js';
import type { LogRecord } from './log-line.js';
import type { RewrappedDependant, RotationResult } from './rotation-result.js';
import { summaryOf, type RunReport } from './run-report.js';

/** Returns the event of an object's outcome. */
export function resultRecord(result: RotationResult): LogRecord {
  const { uid, outcome, flow, replacementUid, objectSummary, error, took } = result;
  const name = JSON.stringify(uid);
  const fields = {
    uid,
    outcome,
    durationMs: took === null ? null : Math.round(took.toMs - took.fromMs),
    replacementUid,
    flow,
    algorithm: objectSummary.algorithm,
    reason: error?.reason ?? null,
    hint: error?.hint ?? null,
    ...unexpectedCauseOf(error),
  };
  switch (outcome) {
    case 'rotated':
      return { level: 'info', event: 'key-rotated', message: `rotated ${name}`, fields };
    case 'would-rotate':
      return { level: 'info', event: 'key-would-rotate', message: `would rotate ${name}`, fields };
    case 'skipped':
      return {
        ...{ level: 'info', event: 'key-skipped', fields },
        message: `skipped ${name}: rotated by another run`,
      };
    case 'failed':
      return {
        ...{ level: 'error', event: 'key-failed', fields },
        message: `could not rotate ${name}: ${error?.message ?? ''}`,
      };
  }
}

/** Returns the event of a dependant that was found under a replaced wrapping key. */
export function rewrappedRecord(dependant: RewrappedDependant): LogRecord {
  const { uid, outcome, error, fromWrappingKeyUid, toWrappingKeyUid } = dependant;
  const name = JSON.stringify(uid);
  const reason = error?.reason ?? null;
  const uids = { uid, outcome, fromWrappingKeyUid, toWrappingKeyUid };
  const fields = { ...uids, reason, ...unexpectedCauseOf(error) };
  if (error !== null) {
    const message = `could not re-wrap ${name}: ${error.message}`;
    return { level: 'error', event: 'mending-failed', message, fields };
  }
  const done = outcome === 'mended' ? 're-wrapped' : 'would re-wrap';
  return { level: 'info', event: 'key-mended', message: `${done} ${name}`, fields };
}

/** Returns the event of a run's end, at the level of its exit code. */
export function finishedRecord(
  command: string,
  report: RunReport | null,
  { exitCode, durationMs }: { readonly exitCode: ExitCode; readonly durationMs: number },
): LogRecord {
  const summary = report === null ? null : summaryOf(report);
  return {
    level: exitCode === 0 ? 'info' : exitCode >= 5 ? 'warn' : 'error',
    event: 'run-finished',
    message: `kms ${command} ended with exit code ${exitCode}`,
    fields: {
      command,
      exitCode,
      durationMs: Math.round(durationMs),
      due: summary?.due ?? null,
      rotated: summary?.rotated ?? null,
      failed: summary?.failed ?? null,
      skipped: summary?.skipped ?? null,
      notAttempted: summary?.notAttempted ?? null,
      mended: summary?.mended ?? null,
    },
  };
}

export function startedRecord(command: string): LogRecord {
  return {
    ...{ level: 'info', event: 'run-started' },
    message: `kms ${command} begins`,
    fields: { command },
  };
}

/** Returns the event of a notification, or of the outbox, that failed as nobody foresaw. */
export function deliveryErrorRecord(error: KmsError): LogRecord {
  const { message, reason, hint } = error;
  const fields = { reason, hint, ...unexpectedCauseOf(error) };
  const what = `notifications could not be sent: ${message}`;
  return { level: 'error', event: 'delivery-failed', message: what, fields };
}

export function errorRecord(error: KmsError): LogRecord {
  const { message, reason, uid, hint } = error;
  const fields = { uid, reason, hint, exitCode: exitCodeOf(error), ...unexpectedCauseOf(error) };
  return { level: 'error', event: 'error', message, fields };
}
