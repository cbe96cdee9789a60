// The end of a run, for those who are told of it: recorded in a transaction of its own, and then all that waits is
// sent. Nothing here undoes what is done.
import { NO_DELIVERIES, type Deliveries } from '../report/deliveries.js';
import { KmsError } from '../errors.js';
import { finishedEvent } from '../report/events.js';
import { exitCodeOfReport, type Report } from '../report/run-report.js';
import type { RunContext } from './context.js';

/** Returns what became of it all; what goes wrong is no error of the run's. */
export async function enqueueAndDeliverEnd(
  context: RunContext,
  report: Report,
): Promise<Deliveries> {
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
