// Records what is wrong, and what is no longer: decides what is told and logged of each condition, and writes it with the
// condition in one transaction. conditions/decide.ts has the rules.
import {
  conditionKey,
  type Condition,
  type ConditionKind,
  type Observation,
  type Resolution,
} from '../conditions/condition.js';
import { resolutionWords } from '../conditions/condition-words.js';
import { observe, resolve, type Decision } from '../conditions/decide.js';
import type { KmsError } from '../errors.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import { errorJson } from '../report/error-json.js';
import { conditionData, failedEvent, recoveredEvent } from '../report/condition-events.js';
import type { ObjectSummary } from '../report/object-summary.js';
import type { RotationResult } from '../report/rotation-result.js';
import type { ConditionName, DecideConditions } from '../store/own/conditions.js';
import type { OwnRow } from '../store/own/our-tables.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import type { Store } from '../store/store.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import type { RunContext } from './context.js';

/** What it takes of a run to record conditions. */
export interface ConditionsContext extends Pick<
  RunContext,
  'now' | 'runId' | 'identity' | 'enqueueEvent' | 'remindAfterSeconds'
> {
  readonly store: Pick<Store, 'updateConditions'>;
}

/** A failure that a run saw. */
export interface SeenFailure {
  readonly uid: string;
  readonly objectSummary: ObjectSummary;
  readonly flow: RotationResult['flow'];
  readonly error: KmsError;
}

/** An object that was looked at, and has nothing wrong with it any more. */
export interface SeenRecovery {
  readonly condition: Pick<Condition, 'kind' | 'subject'>;
  readonly how: Resolution;
}

/** How many conditions share a transaction. */
const BATCH = 100;

/** Records rotations that failed. */
export function recordFailedRotations(
  context: ConditionsContext,
  failures: readonly SeenFailure[],
): Promise<void> {
  return recordFailures(context, failures, ({ error }) =>
    error.reason === 'HsmResident' ? 'out-of-reach' : 'rotation-failed',
  );
}

/** Records dependants that could not be re-wrapped. */
export function recordStaleDependants(
  context: ConditionsContext,
  failures: readonly SeenFailure[],
): Promise<void> {
  return recordFailures(context, failures, () => 'stale-dependant');
}

/** Records that these conditions are over, if they still hold. */
export function recordRecoveries(
  context: ConditionsContext,
  recoveries: readonly SeenRecovery[],
): Promise<void> {
  return recordConditions(context, recoveries.map(namedRecovery), recovering(context));
}

/** Returns what records that a condition is over, for the transaction in which it ends. */
export function recoveryUpdate(
  context: ConditionsContext,
  recovery: SeenRecovery,
): NonNullable<UnitOfWork['conditions']> {
  const decide = deciding([namedRecovery(recovery)], context.now, recovering(context));
  return { names: [recovery.condition], decide };
}

/** What is decided about a condition, given what was there of it; null if nothing. */
type Decide<T> = (
  item: T,
  before: Condition | null,
  now: EpochSeconds,
) => { readonly decision: Decision; readonly rows: Rows } | null;

/** Decides about conditions, and writes each with what tells of it. */
export async function recordConditions<T extends { readonly name: ConditionName }>(
  { store, now }: ConditionsContext,
  items: readonly T[],
  decide: Decide<T>,
): Promise<void> {
  const distinct = [...new Map(items.map((item) => [conditionKey(item.name), item])).values()];
  for (let start = 0; start < distinct.length; start += BATCH) {
    const batch = distinct.slice(start, start + BATCH);
    await store.updateConditions(
      batch.map(({ name }) => name),
      deciding(batch, now, decide),
    );
  }
}

function deciding<T extends { readonly name: ConditionName }>(
  items: readonly T[],
  now: () => EpochSeconds,
  decide: Decide<T>,
): DecideConditions {
  return ({ present, isWaiting }) => {
    const recorded = items.flatMap((item) => {
      const before = present.get(conditionKey(item.name)) ?? null;
      const decided = decide(item, before, now());
      if (decided === null) return [];
      const { decision, rows } = decided;
      const isDone = (row: OwnRow) =>
        mayBeDropped(decision) && isWaiting(String(row.row['destination']), item.name.subject);
      return [
        {
          condition: asTold(before, decision, rows),
          ownRows: [...rows.log, ...rows.messages.filter((row) => !isDone(row))],
        },
      ];
    });
    return {
      conditions: recorded.map(({ condition }) => condition),
      ownRows: recorded.flatMap(({ ownRows }) => ownRows),
    };
  };
}

function namedRecovery({ condition, how }: SeenRecovery) {
  return { name: condition, how };
}

function recovering(context: ConditionsContext): Decide<{ readonly how: Resolution }> {
  return ({ how }, before, now) => {
    const decision = before === null ? null : resolve(before, how, now);
    return decision && { decision, rows: rowsOfRecovery(context, decision) };
  };
}

interface Rows {
  readonly log: readonly OwnRow[];
  readonly messages: readonly OwnRow[];
}

function recordFailures(
  context: ConditionsContext,
  failures: readonly SeenFailure[],
  kindOf: (failure: SeenFailure) => ConditionKind,
): Promise<void> {
  const named = failures.map((failure) => ({
    failure,
    name: observationOf(kindOf(failure), failure),
  }));
  return recordConditions(context, named, ({ failure, name }, before, now) => {
    const decision = observe(before, name, now, context.remindAfterSeconds);
    return { decision, rows: rowsOfFailure(context, decision, failure) };
  });
}

function observationOf(
  kind: ConditionKind,
  { uid, objectSummary, error }: SeenFailure,
): Observation {
  const { reason, message, hint } = error;
  return { kind, subject: uid, about: objectSummary, reason, message, hint };
}

/** A receiver that was down hears of what it missed once: no reminder joins a message that waits. */
function mayBeDropped({ telling }: Decision): boolean {
  return telling === 'reminder' || telling === 'holds';
}

/** Nobody was told if no destination accepts it, so that one which is configured later still hears of it. */
function asTold(before: Condition | null, { condition }: Decision, { messages }: Rows): Condition {
  if (messages.length > 0) return condition;
  const earlier = before?.id === condition.id ? before : null;
  return { ...condition, told: earlier?.told ?? null };
}

function rowsOfFailure(
  context: ConditionsContext,
  { condition, telling, log }: Decision,
  { uid, objectSummary, flow, error }: SeenFailure,
): Rows {
  const { reason, message } = error;
  return {
    log:
      log === null
        ? []
        : [logRow(logEntry(context, { uid, flow, outcome: 'failed', reason, message }))],
    messages:
      telling === null
        ? []
        : context.enqueueEvent((origin) =>
            failedEvent(
              origin,
              { uid, objectSummary, flow, error: errorJson(error) },
              conditionData(condition, telling),
            ),
          ),
  };
}

function rowsOfRecovery(context: ConditionsContext, { condition, telling, log }: Decision): Rows {
  const { subject, reason, resolved, firstSeenAt } = condition;
  if (resolved === null) return { log: [], messages: [] };
  const message = resolutionWords(resolved.how, condition, resolved.at - firstSeenAt);
  const entry = { uid: subject, flow: null, outcome: 'recovered', reason, message } as const;
  return {
    log: log === null ? [] : [logRow(logEntry(context, entry))],
    messages:
      telling === null
        ? []
        : context.enqueueEvent((origin) => recoveredEvent(origin, { ...condition, resolved })),
  };
}

function logEntry(
  { identity, runId, now }: ConditionsContext,
  entry: Pick<LogEntry, 'uid' | 'flow' | 'outcome' | 'reason' | 'message'>,
): LogEntry {
  const at = formatInstant(now());
  return { ...identity, runId, at, durationMs: 0, replacementUid: null, ...entry };
}
