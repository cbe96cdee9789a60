// The JSON document `kms.rotate/v1` of a run, on which scripts rely.
import { formatInstant } from '../kmip/date-time.js';
import { errorJson } from './error-json.js';
import type { RetiredObject, RewrappedDependant, RotationResult } from './rotation-result.js';
import { summaryOf, type RunReport } from './run-report.js';

/** Returns the document, with the label of the store. Its lists are generators, as they may be very long: each can be read once. */
export function reportJson(report: RunReport, store: string): object {
  return {
    schema: 'kms.rotate/v1',
    runId: report.runId,
    store,
    dryRun: report.dryRun,
    startedAt: formatInstant(report.startedAt),
    finishedAt: formatInstant(report.finishedAt),
    summary: summaryOf(report),
    results: each(report.results, (result) => resultJson(result, report.dryRun)),
    mended: each(report.rewrappedDependants, rewrappedJson),
    retired: each(report.retired, retiredJson),
    notices: report.notices,
    deliveries: report.deliveries,
    auditHeads: report.auditHeads,
    error: report.error === null ? null : errorJson(report.error),
  };
}

function* each<T>(items: readonly T[], json: (item: T) => object): Generator<object> {
  for (const item of items) yield json(item);
}

function resultJson(result: RotationResult, dryRun: boolean): object {
  return {
    uid: result.uid,
    outcome: result.outcome,
    flow: result.flow,
    replacementUid: result.replacementUid,
    publicKeyUid: result.publicKeyUid,
    publicKeyReplacementUid: result.publicKeyReplacementUid,
    generation: result.generation,
    dependantsRewrapped: result.dependantsRewrapped,
    ...(dryRun ? { dependants: result.dependants } : {}),
    nextDeadline: result.nextDeadline === null ? null : formatInstant(result.nextDeadline),
    skippedBecause: result.outcome === 'skipped' ? 'rotated-by-another-run' : null,
    error: result.error === null ? null : errorJson(result.error),
  };
}

function rewrappedJson(item: RewrappedDependant): object {
  return {
    uid: item.uid,
    fromWrappingKeyUid: item.fromWrappingKeyUid,
    toWrappingKeyUid: item.toWrappingKeyUid,
    outcome: item.outcome,
    error: item.error === null ? null : errorJson(item.error),
  };
}

function retiredJson({ uid, headUid, endsAt, outcome, error }: RetiredObject): object {
  return {
    uid,
    headUid,
    end: formatInstant(endsAt),
    outcome,
    error: error === null ? null : errorJson(error),
  };
}
