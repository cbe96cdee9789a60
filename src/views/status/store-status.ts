// The read model of `kms status`, and its document `kms.status/v1`: how runs fare, and what is wrong now.
import { isOfObject, type Condition } from '../../conditions/condition.js';
import { nextTellingAt } from '../../conditions/decide.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import { isMissing, type LastRun } from '../../store/own/last-runs.js';
import type { ServerRequest } from '../../rotation/server/server-request.js';
import type { TableSizes } from '../../store/own/table-sizes.js';
import type { Store } from '../../store/store.js';
import { plannedKeys } from '../../survey/planned-keys.js';
import type { DueStore } from '../../survey/survey.js';

export interface StoreStatus {
  readonly now: EpochSeconds;
  /** The latest first. */
  readonly runs: readonly LastRun[];
  /** How many keys a run would rotate or report now. */
  readonly due: number;
  /** The oldest first. */
  readonly conditions: readonly Condition[];
  /** Requests to the server that are not complete, the oldest first. */
  readonly requests: readonly ServerRequest[];
  /** How many rows each of our tables has. */
  readonly tables: TableSizes;
}

/** How long after a failure began it is told of again. */
export interface Reminders {
  readonly remindAfterSeconds: readonly number[];
}

export async function storeStatus(
  store: DueStore &
    Pick<Store, 'loadRelated' | 'lastRuns' | 'openConditions' | 'openRequests' | 'tableSizes'>,
  options: EvaluationOptions,
): Promise<StoreStatus> {
  let due = 0;
  const keys = plannedKeys(store, options, { tags: [] });
  while ((await keys.next()).done !== true) due += 1;
  return {
    now: options.now,
    due,
    runs: await store.lastRuns(),
    conditions: await store.openConditions(),
    requests: await store.openRequests(),
    tables: await store.tableSizes(),
  };
}

/** Says whether nothing is wrong: no condition holds, acknowledged or not, and every run that is expected came. */
export function isWell({
  conditions,
  runs,
  now,
}: Pick<StoreStatus, 'conditions' | 'runs' | 'now'>): boolean {
  return conditions.length === 0 && !runs.some((run) => isMissing(run, now));
}

/** Returns when the next run is expected; null if no setting says how often runs are started. */
export function nextRunAt({ startedAt, cadenceSeconds }: LastRun): EpochSeconds | null {
  return cadenceSeconds === null ? null : startedAt + cadenceSeconds;
}

export function statusJson(status: StoreStatus, store: string, reminders: Reminders): object {
  const { now, runs, due, conditions, requests, tables } = status;
  return {
    schema: 'kms.status/v1',
    now: formatInstant(now),
    store,
    well: isWell(status),
    due,
    runs: runs.map((run) => ({
      scope: run.scope,
      runId: run.runId,
      host: run.host,
      startedAt: formatInstant(run.startedAt),
      finishedAt: formatInstant(run.finishedAt),
      exitCode: run.exitCode,
      due: run.due,
      rotated: run.rotated,
      failed: run.failed,
      notAttempted: run.notAttempted,
      cadenceSeconds: run.cadenceSeconds,
      lastGoodAt: instantOrNull(run.lastGoodAt),
      nextExpectedAt: instantOrNull(nextRunAt(run)),
      missing: isMissing(run, now),
    })),
    conditions: conditions.map((condition) => conditionJson(condition, now, reminders)),
    count: conditions.length,
    requests: requests.map(requestJson),
    tables,
  };
}

function requestJson({ uid, step, made, runId, begunAt, touchedAt, intent }: ServerRequest) {
  return {
    uid,
    step,
    replacementUid: made?.uid ?? null,
    runId,
    begunAt: formatInstant(begunAt),
    touchedAt: formatInstant(touchedAt),
    policy: intent.policy,
    tags: intent.tags.map(({ tag }) => tag),
  };
}

/** Returns a condition as documents have it. */
export function conditionJson(
  condition: Condition,
  now: EpochSeconds,
  { remindAfterSeconds }: Reminders,
): object {
  const { about, acknowledged, resolved, told } = condition;
  const isOpen = resolved === null;
  return {
    id: condition.id,
    kind: condition.kind,
    uid: isOfObject(condition) ? condition.subject : null,
    subject: condition.subject,
    owner: about.owner,
    objectType: about.objectType,
    algorithm: about.algorithm,
    reason: condition.reason,
    message: condition.message,
    hint: condition.hint,
    firstSeen: formatInstant(condition.firstSeenAt),
    lastSeen: formatInstant(condition.lastSeenAt),
    failures: condition.failures,
    lastTold: instantOrNull(told?.at ?? null),
    nextTold: instantOrNull(isOpen ? nextTellingAt(condition, now, remindAfterSeconds) : null),
    acknowledged:
      acknowledged === null
        ? null
        : {
            until: formatInstant(acknowledged.until),
            by: acknowledged.by,
            because: acknowledged.because,
          },
    resolvedAt: instantOrNull(resolved?.at ?? null),
    resolution: resolved?.how ?? null,
  };
}

function instantOrNull(at: EpochSeconds | null): string | null {
  return at === null ? null : formatInstant(at);
}
