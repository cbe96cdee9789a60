// The earliest possible deadline of a row, as SQL over its attributes that uses integers only. It follows the rule of
// rotation/deadline.ts for `offset`, which is never later than the other rule. SQL narrows with it, by an index or
// without; rotation/ decides. A row whose deadline cannot be computed gets -1, so that it is always found; one without
// a policy, or whose policy is off, gets NULL.
import { LAST_INSTANT } from '../../kmip/date-time.js';

/** How a dialect looks into the JSON column `attributes`. */
export interface JsonAccess {
  /** SQL that is true if the whole column is a JSON object. */
  readonly isObject: string;
  /** The function that returns the smallest of its arguments. */
  readonly least: string;
  /** SQL of `true`, `false`, `null` or any other text, as it is at a path; NULL if nothing is there. */
  token(path: string): string;
  /** SQL that is true if an integer is at the path, written as one; false for positive ones of more than 15 digits. */
  isInteger(path: string): string;
  /** SQL of the integer at a path; evaluated only if there is one. */
  integer(path: string): string;
  /** A date of nine integers. */
  date(member: string): DateSql;
}

export interface DateSql {
  /** SQL that is true for a date of the years 1970 to 9999 (kmip/date-time.ts). */
  readonly isDate: string;
  /** SQL of its seconds since 1970; evaluated only if it is a date. */
  readonly seconds: string;
}

export function earliestDeadlineSql(json: JsonAccess): string {
  const isOneOf = (path: string, ...tokens: readonly string[]) =>
    `coalesce(${json.token(path)}, 'null') IN (${tokens.map((token) => `'${token}'`).join(', ')})`;
  const interval = json.integer('RotateInterval');
  const offset = json.integer('RotateOffset');
  // Each sum is computed once, as every write of a row pays for it. Three numbers of 15 digits do not overflow.
  const inRange = (sum: string, less = '') => {
    const beyond = LAST_INSTANT + 1;
    return `coalesce(nullif(${json.least}(${sum}, ${beyond}), ${beyond}) ${less}, -1)`;
  };
  const rotateDate = json.date('RotateDate');
  const initialDate = json.date('InitialDate');
  const rotated = `${rotateDate.seconds} + ${interval}`;
  const created = `${initialDate.seconds} + ${interval}`;
  // CASE stops at the first condition that holds, so what holds for most rows of a server comes first.
  return [
    `CASE WHEN NOT (${json.isObject}) THEN -1`,
    `WHEN ${isOneOf('RotateInterval', 'null')} THEN NULL`,
    `WHEN ${isOneOf('RotateAutomatic', 'false')} THEN NULL`,
    `WHEN NOT ${json.isInteger('RotateInterval')} THEN -1`,
    `WHEN ${interval} <= 0 THEN NULL`,
    `WHEN NOT ${isOneOf('RotateAutomatic', 'null', 'true')} THEN -1`,
    `WHEN NOT ${isOneOf('RotateDate', 'null')} THEN`,
    `CASE WHEN ${rotateDate.isDate} THEN ${inRange(rotated)} ELSE -1 END`,
    `WHEN NOT ${initialDate.isDate} THEN -1`,
    `WHEN ${isOneOf('RotateOffset', 'null')} THEN ${inRange(created)}`,
    `WHEN NOT ${json.isInteger('RotateOffset')} THEN -1`,
    `WHEN ${offset} < ${-LAST_INSTANT} THEN -1`,
    `ELSE ${inRange(`${created} + ${offset}`, `- ${interval}`)} END`,
  ].join(' ');
}
