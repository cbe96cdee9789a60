// Notifies others that a run has finished: records the event in a transaction of its own, then delivers everything that
// waits in the outbox. Nothing that fails here undoes a rotation.
import { NO_DELIVERIES, type DeliverySummary } from '../report/delivery-summary.js';
import { KmsError } from '../errors.js';
import { finishedEvent } from '../report/run-events.js';
import { exitCodeOfReport, type RunReport } from '../report/run-report.js';
import type { RunContext } from './context.js';

/** Returns what became of the notifications; a failure is reported there and is not thrown. */
export async function notifyFinished(
  context: RunContext,
  report: RunReport,
): Promise<DeliverySummary> {
  const exitCode = exitCodeOfReport(report);
  const rows = context.enqueueEvent((origin) => finishedEvent(origin, report, exitCode));
  try {
    if (rows.length > 0) await context.store.writeOwnRows(rows);
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    const message = `the end of the run could not be recorded: ${error.message}`;
    return { ...NO_DELIVERIES, problems: [{ destination: null, message }] };
  }
  return context.deliver();
}
