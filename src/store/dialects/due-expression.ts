// The earliest possible deadline of a row as SQL over its attributes, by integers alone: the rule of
// rotation/deadline.ts for `offset`, which is never later than the other. SQL narrows with it, through
// an index or without; rotation/ decides. A row whose deadline cannot be reckoned gets -1, so that it is
// always seen; one that declines rotation gets NULL.
import { LAST_INSTANT } from '../../kmip/date-time.js';

/** How a dialect looks into a JSON column. */
export interface JsonAccess {
  /** SQL that is true if the whole column is a JSON map. */
  readonly isMap: string;
  /** The function that returns the least of its arguments. */
  readonly least: string;
  /** `true`, `false`, `null`, any other text, or NULL if nothing is at the path. */
  token(path: string): string;
  /** SQL that is true if an integer is at the path, written as one; not if it has more than 15 digits and is positive. */
  isInteger(path: string): string;
  /** The integer at a path; asked only where there is one. */
  integer(path: string): string;
  /** The nine integers of a date. */
  date(member: string): DateSql;
}

export interface DateSql {
  /** SQL that is true for nine integers that are a date of the years 1970 to 9999 (kmip/date-time.ts). */
  readonly isDate: string;
  /** SQL for its seconds since 1970; asked only where it is a date. */
  readonly seconds: string;
}

export function earliestDeadlineSql(json: JsonAccess): string {
  const isOneOf = (path: string, ...tokens: readonly string[]) =>
    `coalesce(${json.token(path)}, 'null') IN (${tokens.map((token) => `'${token}'`).join(', ')})`;
  const interval = json.integer('RotateInterval');
  const offset = json.integer('RotateOffset');
  // Each sum once: whoever writes a row pays for it. Three numbers of 15 digits overflow nothing.
  const inRange = (sum: string, lessen = '') => {
    const beyond = LAST_INSTANT + 1;
    return `coalesce(nullif(${json.least}(${sum}, ${beyond}), ${beyond}) ${lessen}, -1)`;
  };
  const rotateDate = json.date('RotateDate');
  const initialDate = json.date('InitialDate');
  const rotated = `${rotateDate.seconds} + ${interval}`;
  const created = `${initialDate.seconds} + ${interval}`;
  // CASE stops at the first that holds; what is true of most rows of a server comes early.
  return [
    `CASE WHEN NOT (${json.isMap}) THEN -1`,
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
    `WHEN ${offset} < 0 THEN -1`,
    `ELSE ${inRange(`${created} + ${offset}`, `- ${interval}`)} END`,
  ].join(' ');
}
