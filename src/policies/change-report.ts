// What came of changes of rotation policies, or what would: its exit code, its words, and the document
// `kms.policy-change/v1`. changes.ts writes them.
import { errorJson } from '../report/error-json.js';
import { type KmsError, exitCodeOf, mostSerious, type ExitCode } from '../errors.js';
import { formatInstant } from '../kmip/date-time.js';
import { compareUids } from '../rotation/plan.js';
import type { RuleConflict, PlannedChange, PolicyFailure, PolicyPlan } from './policy-plan.js';

export interface PolicyReport {
  readonly dryRun: boolean;
  /** Written, or, in a dry run, to be written. */
  readonly changed: readonly PlannedChange[];
  readonly failed: readonly PolicyFailure[];
  readonly unchanged: number;
  readonly passedOver: number;
  readonly notAttempted: number;
  readonly unmatched: readonly string[];
  readonly conflicts: readonly RuleConflict[];
  /** What kept the rest from being tried. */
  readonly error: KmsError | null;
}

/** Returns the report of a plan that is only shown. */
export function reportOfPlan(plan: PolicyPlan): PolicyReport {
  const { planned: changed, failed, unchanged, passedOver, unmatched, conflicts } = plan;
  const found = { failed, unchanged, passedOver, unmatched, conflicts };
  return { dryRun: true, changed, ...found, notAttempted: 0, error: null };
}

/** Returns the exit code: that of the most serious failure. */
export function exitCodeOfChanges({ failed, error, notAttempted }: PolicyReport): ExitCode {
  return mostSerious([
    error === null ? 0 : exitCodeOf(error),
    failed.length > 0 ? 4 : 0,
    notAttempted > 0 ? 5 : 0,
  ]);
}

/** Returns the document `kms.policy-change/v1`. Rules are numbered from 1. */
export function policyChangeJson(report: PolicyReport): object {
  const { dryRun, changed, failed, unchanged, passedOver, notAttempted } = report;
  const results = [
    ...changed.map(({ uid, rule, before, after, deadline, newlyDue, notice }) => ({
      uid,
      outcome: dryRun ? 'would-change' : 'changed',
      rule: rule === null ? null : rule + 1,
      before,
      after,
      deadline: deadline === null ? null : formatInstant(deadline),
      newlyDue,
      notice,
      error: null,
    })),
    ...failed.map(({ uid, rule, error }) => ({
      uid,
      outcome: 'failed',
      rule: rule === null ? null : rule + 1,
      before: null,
      after: null,
      deadline: null,
      newlyDue: false,
      notice: null,
      error: errorJson(error),
    })),
  ];
  return {
    schema: 'kms.policy-change/v1',
    dryRun,
    summary: {
      changed: dryRun ? 0 : changed.length,
      wouldChange: dryRun ? changed.length : 0,
      unchanged,
      failed: failed.length,
      passedOver,
      notAttempted,
      newlyDue: changed.filter(({ newlyDue }) => newlyDue).length,
    },
    results: results.sort((a, b) => compareUids(a.uid, b.uid)),
    unmatched: [...report.unmatched].sort(compareUids),
    conflicts: report.conflicts.map(({ uid, rules }) => ({
      uid,
      rules: rules.map((rule) => rule + 1),
    })),
    error: report.error === null ? null : errorJson(report.error),
  };
}
