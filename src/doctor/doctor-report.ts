// What doctor found and did: the document `kms.doctor/v1`, and the same for people.
import { formatInstant } from '../kmip/date-time.js';
import type { Terminal } from '../output/terminal.js';
import { errorJson } from '../report/error-json.js';
import { printable } from '../text/printable.js';
import type { FindingResult } from './repair.js';
import { isLeft, type DoctorReport } from './run-doctor.js';
import { counted } from '../text/phrases.js';

export function doctorJson(report: DoctorReport): object {
  const { now, dryRun, results, error } = report;
  return {
    schema: 'kms.doctor/v1',
    now: formatInstant(now),
    dryRun,
    summary: doctorSummary(report),
    findings: results.map(({ finding, outcome, error: why }) => ({
      code: finding.code,
      severity: finding.severity,
      uids: finding.uids,
      message: finding.message,
      repair: finding.repair,
      why: finding.why,
      outcome,
      error: why === null ? null : errorJson(why),
    })),
    error: error === null ? null : errorJson(error),
  };
}

/** Returns one line for who did not ask for doctor; null if nothing is wrong. */
export function doctorNote(report: DoctorReport): string | null {
  const { errors, notes } = doctorSummary(report);
  if (errors + notes === 0) return null;
  return `kms doctor finds ${counted(errors, 'error')} and ${counted(notes, 'note')}: run it to see them`;
}

export function doctorSummary({ results }: Pick<DoctorReport, 'results'>) {
  const count = (holds: (result: FindingResult) => boolean) => results.filter(holds).length;
  return {
    errors: count(({ finding }) => finding.severity === 'error'),
    notes: count(({ finding }) => finding.severity === 'note'),
    repaired: count(({ outcome }) => outcome === 'repaired'),
    left: count(isLeft),
  };
}

export function* doctorLines(report: DoctorReport, terminal: Terminal): Generator<string> {
  for (const result of report.results) {
    yield* findingLines(result, report.dryRun, terminal);
    yield '';
  }
  yield totals(report);
}

function* findingLines(
  { finding, outcome, error }: FindingResult,
  dryRun: boolean,
  { paint }: Terminal,
): Generator<string> {
  const { code, severity, message, repair, why } = finding;
  const colour = severity === 'error' ? paint.red : paint.yellow;
  yield `${colour(severity)} ${paint.bold(code)}: ${printable(message)}`;
  const title = outcome === 'told' ? '' : dryRun ? '--fix ' : `${outcome}: `;
  yield `  ${title}${printable(repair)}`;
  yield `  ${paint.dim(printable(why))}`;
  if (error === null) return;
  yield `  ${paint.red(`${error.reason}: ${printable(error.message)}`)}`;
  if (error.hint !== null) yield `  ${paint.dim(printable(error.hint))}`;
}

function totals(report: DoctorReport): string {
  const { errors, notes, repaired, left } = doctorSummary(report);
  if (errors + notes === 0) return 'Nothing is wrong.';
  const counts = [
    counted(errors, 'error'),
    counted(notes, 'note'),
    ...(report.dryRun ? [] : [`${repaired} repaired`, `${left} left`]),
  ];
  return `${counts.join(', ')}.`;
}
