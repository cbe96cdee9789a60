// Decides how a condition goes on: what is told and logged, and when it is the same as before. Pure: `now` is an
// argument. run/record-conditions.ts writes what is decided.
import { textDigest } from '../crypto/text-digest.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import {
  conditionKey,
  isToldByWarnings,
  type Condition,
  type Observation,
  type Resolution,
} from './condition.js';

const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 7 * DAY_SECONDS;

/** `holds` is for receivers that forget what they are not told again: each run tells them. */
export type Telling = 'new' | 'changed' | 'reminder' | 'holds' | 'over';

export interface Decision {
  /** As it is once all that is decided is done. */
  readonly condition: Condition;
  readonly telling: Telling | null;
  readonly log: 'wrong' | 'over' | null;
}

/** Returns what follows from seeing that something is wrong. `remindAfter` is in seconds, ascending. */
export function observe(
  before: Condition | null,
  seen: Observation,
  now: EpochSeconds,
  remindAfter: readonly number[],
): Decision {
  const decision = seeAgain(before, seen, now, remindAfter);
  if (!isToldByWarnings(seen)) return decision;
  return {
    condition: { ...decision.condition, told: null, logged: null },
    telling: null,
    log: null,
  };
}

/** Returns what follows from a look at the object which shows that nothing is wrong; null if it was over before. */
export function resolve(before: Condition, how: Resolution, now: EpochSeconds): Decision | null {
  if (before.resolved !== null) return null;
  const { told, logged } = before;
  const mark = { at: now, over: true, reason: before.reason };
  const telling = told?.over === false ? 'over' : null;
  const log = logged?.over === false ? 'over' : null;
  return {
    condition: {
      ...before,
      resolved: { at: now, how },
      acknowledged: null,
      told: telling === null ? told : mark,
      logged: log === null ? logged : mark,
    },
    telling,
    log,
  };
}

/** Returns when a condition is told next if nothing about it changes; null if never. */
export function nextTellingAt(
  condition: Condition,
  now: EpochSeconds,
  remindAfter: readonly number[],
): EpochSeconds | null {
  if (isToldByWarnings(condition)) return null;
  const { firstSeenAt, told, acknowledged } = condition;
  const from = Math.max(now, acknowledged?.until ?? 0);
  const isDue = (at: EpochSeconds) => at > (told?.at ?? 0);
  const passed = lastReminder(from - firstSeenAt, remindAfter);
  if (told === null || (passed !== null && isDue(firstSeenAt + passed))) return from;
  const next = nextReminder(from - firstSeenAt, remindAfter);
  return next === null ? null : firstSeenAt + next;
}

function seeAgain(
  before: Condition | null,
  seen: Observation,
  now: EpochSeconds,
  remindAfter: readonly number[],
): Decision {
  if (before === null || isLongOver(before, now)) return begin(seen, now);
  const { acknowledged, reason } = before;
  const condition: Condition = {
    ...before,
    ...seen,
    lastSeenAt: now,
    failures: before.failures + 1,
    // Whoever is on it knows of the reason that it had.
    acknowledged: reason === seen.reason ? acknowledged : null,
    resolved: null,
  };
  const telling = tellingOf(condition, now, remindAfter);
  const mark = { at: now, over: false, reason: seen.reason };
  const log = mustLog(condition, now) ? 'wrong' : null;
  return {
    condition: {
      ...condition,
      ...(telling === null || telling === 'holds' ? {} : { told: mark }),
      ...(log === null ? {} : { logged: mark }),
    },
    telling,
    log,
  };
}

function begin(seen: Observation, now: EpochSeconds): Decision {
  const mark = { at: now, over: false, reason: seen.reason };
  return {
    condition: {
      ...seen,
      id: textDigest(`${conditionKey(seen)}\0${now}`).slice(0, 8),
      firstSeenAt: now,
      lastSeenAt: now,
      failures: 1,
      told: mark,
      logged: mark,
      acknowledged: null,
      resolved: null,
    },
    telling: 'new',
    log: 'wrong',
  };
}

/** What returns within a day is the same condition. */
function isLongOver({ resolved }: Condition, now: EpochSeconds): boolean {
  return resolved !== null && now - resolved.at >= DAY_SECONDS;
}

function tellingOf(
  condition: Condition,
  now: EpochSeconds,
  remindAfter: readonly number[],
): Telling | null {
  const { told, reason, firstSeenAt, acknowledged } = condition;
  if (acknowledged !== null && acknowledged.until > now) return 'holds';
  if (told === null) return 'new';
  const isDayAgo = now - told.at >= DAY_SECONDS;
  if (isDayAgo && !told.over && told.reason !== reason) return 'changed';
  const step = lastReminder(now - firstSeenAt, remindAfter);
  if (step !== null && firstSeenAt + step > told.at) return 'reminder';
  // Without reminders nobody would hear that it has returned.
  if (isDayAgo && told.over && remindAfter.length === 0) return 'new';
  return 'holds';
}

/** A row when it begins; later one a day at most, if the last row says something else. */
function mustLog({ logged, reason }: Condition, now: EpochSeconds): boolean {
  if (logged === null) return true;
  return now - logged.at >= DAY_SECONDS && (logged.over || logged.reason !== reason);
}

/** Returns the age at the latest reminder up to an age; null if there was none. After the last step comes one a week. */
function lastReminder(age: number, remindAfter: readonly number[]): number | null {
  const last = remindAfter.at(-1);
  if (last === undefined) return null;
  if (age >= last) return age - ((age - last) % WEEK_SECONDS);
  return remindAfter.findLast((step) => step <= age) ?? null;
}

function nextReminder(age: number, remindAfter: readonly number[]): number | null {
  const last = remindAfter.at(-1);
  if (last === undefined) return null;
  return (
    remindAfter.find((step) => step > age) ?? age - ((age - last) % WEEK_SECONDS) + WEEK_SECONDS
  );
}
