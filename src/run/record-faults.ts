// Records what is wrong that is about no object: each fault that a run has seen is a condition, and one that it has looked
// for and not found is over. Runs, destinations and the store itself have such faults.
import {
  isFault,
  type Condition,
  type FaultKind,
  type Observation,
  type Resolution,
} from '../conditions/condition.js';
import { observe, resolve, type Decision } from '../conditions/decide.js';
import { textDigest } from '../crypto/text-digest.js';
import { MAX_UID_LENGTH } from '../kmip/unique-identifier.js';
import { conditionEvent } from '../report/condition-events.js';
import { UNKNOWN_OBJECT } from '../report/object-summary.js';
import type { OwnRow } from '../store/own/our-tables.js';
import type { Store } from '../store/store.js';
import { recordConditions, type ConditionsContext } from './record-conditions.js';

export type FaultsContext = ConditionsContext & { readonly store: Pick<Store, 'openConditions'> };

export type Fault = Pick<Observation, 'subject' | 'reason' | 'message' | 'hint'> & {
  readonly kind: FaultKind;
};

/**
 * Records all faults of a kind that were seen, and those that are over: `endOf` says how one that was not seen has
 * ended, or null if nobody looked. Returns how many messages wait to be sent about them.
 */
export async function recordFaults(
  context: FaultsContext,
  kind: FaultKind,
  seen: readonly Fault[],
  endOf: (condition: Condition) => Resolution | null,
): Promise<number> {
  const faults = seen.map((fault) => ({ name: { ...fault, about: UNKNOWN_OBJECT } }));
  let messages = 0;
  const rowsOf = (decision: Decision) => {
    const rows = { log: [], messages: messagesOf(context, decision) };
    if (decision.telling !== 'holds') messages += rows.messages.length;
    return { decision, rows };
  };
  await recordConditions(context, faults, ({ name }, before, now) =>
    rowsOf(observe(before, name, now, context.remindAfterSeconds)),
  );
  const subjects = new Set(seen.map(({ subject }) => subject));
  const over = (await context.store.openConditions()).flatMap((condition) => {
    if (condition.kind !== kind || subjects.has(condition.subject)) return [];
    const how = endOf(condition);
    return how === null ? [] : [{ name: condition, how }];
  });
  await recordConditions(context, over, ({ how }, before, now) => {
    const decision = before === null ? null : resolve(before, how, now);
    return decision && rowsOf(decision);
  });
  return messages;
}

/** Returns words as the subject of a condition: the column of the outbox is as wide as one for uids. */
export function subjectOf(words: string): Condition['subject'] {
  if (words.length <= MAX_UID_LENGTH) return words;
  const digest = textDigest(words).slice(0, 8);
  return `${words.slice(0, MAX_UID_LENGTH - digest.length - 1)} ${digest}`;
}

/** A destination is not told of itself. */
function messagesOf(
  context: ConditionsContext,
  { condition, telling }: Decision,
): readonly OwnRow[] {
  if (telling === null || !isFault(condition)) return [];
  return context
    .enqueueEvent((origin) => conditionEvent(origin, condition, telling))
    .filter(
      ({ row }) =>
        condition.kind !== 'destination-refuses' ||
        subjectOf(String(row['destination'])) !== condition.subject,
    );
}
