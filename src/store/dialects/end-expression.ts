// What ends objects before their interval, as SQL over their attributes that uses integers only: the earlier of two
// dates, and a budget that is nearly used up. It is never later than rotation/ends.ts, which decides: what SQL cannot
// read it always finds.
import type { DateSql, JsonAccess } from './due-expression.js';

/** How a dialect looks into the JSON column `attributes` for these. */
export interface EndAccess extends Omit<JsonAccess, 'isObject'> {
  /** SQL that is true if the whole column is a JSON object. */
  readonly isObject: string;
  /** SQL that is true if no member is there twice, where that matters. */
  readonly once: string;
}

/** NULL without an end, and -1 for one that cannot be read. */
export function earliestEndSql(json: EndAccess): string {
  const [deactivation, protectStop] = ['DeactivationDate', 'ProtectStopDate'].map((member) => ({
    isAbsent: isNull(json, member),
    ...json.date(member),
  })) as [End, End];
  // CASE stops at the first condition that holds, so what holds for most rows of a server comes first.
  return [
    `CASE WHEN NOT (${json.isObject}) THEN NULL`,
    `WHEN NOT (${json.once}) THEN -1`,
    `WHEN ${deactivation.isAbsent} THEN`,
    `CASE WHEN ${protectStop.isAbsent} THEN NULL`,
    `WHEN ${protectStop.isDate} THEN ${protectStop.seconds} ELSE -1 END`,
    `WHEN NOT ${deactivation.isDate} THEN -1`,
    `WHEN ${protectStop.isAbsent} THEN ${deactivation.seconds}`,
    `WHEN NOT ${protectStop.isDate} THEN -1`,
    `ELSE ${json.least}(${deactivation.seconds}, ${protectStop.seconds}) END`,
  ].join(' ');
}

interface End extends DateSql {
  readonly isAbsent: string;
}

/**
 * Returns the condition of objects with half of their budget left, or less: no setting asks for more, so that a change
 * of settings needs no other index. Where nothing says how much there was, nothing must be left.
 */
export function halfUsedSql(json: Pick<EndAccess, 'isObject' | 'token' | 'isInteger' | 'integer'>) {
  const [total, count] = ['UsageLimits.UsageLimitsTotal', 'UsageLimits.UsageLimitsCount'] as const;
  return [
    `CASE WHEN NOT (${json.isObject}) THEN 1 = 0`,
    `WHEN ${isNull(json, total)} THEN 1 = 0`,
    `WHEN NOT ${json.isInteger(total)} THEN 1 = 1`,
    `WHEN ${isNull(json, count)} THEN ${json.integer(total)} <= 0`,
    `WHEN NOT ${json.isInteger(count)} THEN 1 = 1`,
    `WHEN ${json.integer(count)} <= 0 THEN ${json.integer(total)} <= 0`,
    `ELSE ${json.integer(total)} * 2 <= ${json.integer(count)} END`,
  ].join(' ');
}

function isNull({ token }: Pick<JsonAccess, 'token'>, path: string): string {
  return `coalesce(${token(path)}, 'null') = 'null'`;
}
