// Shows what a rotation run did, for the commands that rotate.
import { runReportLines, failedLines } from '../run/report-lines.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import type { RunReport } from '../report/run-report.js';
import type { Config } from '../settings/config.js';
import { noteUndelivered } from './diagnostics.js';
import type { CommonFlags } from './flags.js';
import type { Printer } from './printing.js';

/** Prints the report of a run. A run without anything to say prints nothing unless to a terminal. */
export async function showRun(
  printer: Printer,
  { flags, config }: { readonly flags: CommonFlags; readonly config: Config },
  report: RunReport,
): Promise<void> {
  const { results, rewrappedDependants, retired, notAttempted, deliveries, error } = report;
  const isIdle =
    results.length + rewrappedDependants.length + retired.length === 0 && notAttempted === 0;
  if (!isIdle || printer.out.isTerminal)
    await printer.print(flags, runReportLines(report, printer.out));
  await printer.printFailures(flags, failedLines(report, printer.err));
  if (!isIdle && config.databaseIsDefault) {
    printer.note('warn', `no database was named: used ${redactedUrl(config.databaseUrl)}`);
  }
  noteUndelivered(printer, deliveries);
  if (error !== null) printer.printError(error);
}
