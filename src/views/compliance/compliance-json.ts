// The report on compliance as the document `kms.report/v1`.
import { mapped } from '../../text/lazy-lists.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { Comparison } from './compare/comparison.js';
import { retirementsJson } from '../retirement-lines.js';
import { conditionRef } from '../status/active-conditions.js';
import { complies, type ComplianceReport } from './compliance-report.js';
import { complianceTitle } from './compliance-words.js';
import { isFiltered, subjectJson, type ReportSubject } from './report-subject.js';

/** What the document of a report also has: it is not about the keys as they are. */
export interface ReportAdditions {
  /** With an earlier report; null if none was named. */
  readonly comparison: Comparison | null;
}

/** Returns the document `kms.report/v1` without what is added to it. */
export function complianceJson(report: ComplianceReport, subject: ReportSubject) {
  const instant = (at: EpochSeconds | null) => (at === null ? null : formatInstant(at));
  const { keys, compliant, byViolation } = report.counts;
  return {
    schema: 'kms.report/v1',
    title: complianceTitle(report, isFiltered(subject)),
    now: formatInstant(report.now),
    ...subjectJson(subject),
    summary: {
      keys,
      compliant,
      nonCompliant: keys - compliant,
      byShortcoming: Object.fromEntries(byViolation),
      findings: report.findings.length,
    },
    keys: mapped(report.keys, (key) => ({
      uid: key.uid,
      owner: key.owner,
      objectType: key.objectType,
      algorithm: key.algorithm,
      length: key.length,
      since: instant(key.since),
      deadline: instant(key.deadline),
      notAfter: instant(key.notAfter),
      compliant: complies(key),
      shortcomings: key.violations,
      conditions: key.conditions.map((one) => conditionRef(one, report.now)),
    })),
    findings: report.findings,
    retiring: retirementsJson(report.retiring),
  };
}
