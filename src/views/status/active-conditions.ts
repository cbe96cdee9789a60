// What is wrong with objects now, as the views of objects name it beside their own: in one line, and in documents.
import { isOfObject, type Condition } from '../../conditions/condition.js';
import { lastingWords } from '../../conditions/condition-words.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { Store } from '../../store/store.js';

/** By the uid of the object. */
export type ActiveConditions = ReadonlyMap<string, readonly Condition[]>;

export async function activeConditions(
  store: Pick<Store, 'openConditions'>,
): Promise<ActiveConditions> {
  const byUid = new Map<string, Condition[]>();
  for (const condition of (await store.openConditions()).filter(isOfObject)) {
    byUid.set(condition.subject, [...(byUid.get(condition.subject) ?? []), condition]);
  }
  return byUid;
}

/** A condition in the document of an object; `kms status` has the rest of it. */
export interface ConditionRef {
  readonly id: string;
  readonly kind: Condition['kind'];
  readonly reason: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly failures: number;
  /** Null if it is not acknowledged now. */
  readonly acknowledgedUntil: string | null;
}

export function conditionRef(condition: Condition, now: EpochSeconds): ConditionRef {
  const { id, kind, reason, firstSeenAt, lastSeenAt, failures } = condition;
  const until = acknowledgedUntil(condition, now);
  return {
    ...{ id, kind, reason, failures },
    firstSeen: formatInstant(firstSeenAt),
    lastSeen: formatInstant(lastSeenAt),
    acknowledgedUntil: until === null ? null : formatInstant(until),
  };
}

/** Returns it in a line, as in `rotation-failed for 3 d, 288 times, since 2026-01-10T08:00:00Z (1a2b3c4d)`. */
export function conditionLine(condition: Condition, now: EpochSeconds): string {
  const { id, kind, firstSeenAt } = condition;
  const until = acknowledgedUntil(condition, now);
  const acknowledged = until === null ? '' : `, acknowledged until ${formatInstant(until)}`;
  const lasting = `${lastingWords(condition)}, since ${formatInstant(firstSeenAt)}`;
  return `${kind} ${lasting}${acknowledged} (${id})`;
}

function acknowledgedUntil({ acknowledged }: Condition, now: EpochSeconds): EpochSeconds | null {
  return acknowledged !== null && acknowledged.until > now ? acknowledged.until : null;
}
