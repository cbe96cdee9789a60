// The earliest possible deadline of a row as SQL over its attributes, by integers alone: the rule of
// rotation/schedule.ts for `offset`, which is never later than the other. SQL narrows with it, through
// an index or without; rotation/ decides. A row whose deadline cannot be reckoned gets -1, so that it is
// always seen; one that declines rotation gets NULL.
import { LAST_INSTANT } from '../kmip/date-time.js';

/** How a dialect looks into a JSON column. */
export interface JsonAccess {
  /** SQL that is true if the whole column is a JSON map. */
  readonly isMap: string;
  /** The function that returns the least of its arguments. */
  readonly least: string;
  /** `integer`, `array`, `true`, `false`, `null`, any other text, or NULL if nothing is at the path. */
  type(path: string): string;
  /** The integer at a path; asked only where the type is `integer`. */
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
  const absent = (path: string) => `coalesce(${json.type(path)}, 'null') = 'null'`;
  const isType = (path: string, type: string) => `coalesce(${json.type(path)}, '') = '${type}'`;
  const interval = json.integer('RotateInterval');
  const offset = json.integer('RotateOffset');
  // Each sum once: whoever writes a row pays for it.
  const inRange = (sum: string, lessen = '') => {
    const beyond = LAST_INSTANT + 1;
    return `coalesce(nullif(${json.least}(${sum}, ${beyond}), ${beyond}) ${lessen}, -1)`;
  };
  const rotateDate = json.date('RotateDate');
  const initialDate = json.date('InitialDate');
  const rotated = `${rotateDate.seconds} + ${interval}`;
  const created = `${initialDate.seconds} + ${interval}`;
  return [
    `CASE WHEN NOT (${json.isMap}) THEN -1`,
    `WHEN ${isType('RotateAutomatic', 'false')} THEN NULL`,
    `WHEN ${absent('RotateInterval')} THEN NULL`,
    `WHEN NOT ${isType('RotateInterval', 'integer')} THEN -1`,
    `WHEN ${interval} <= 0 THEN NULL`,
    `WHEN NOT (${absent('RotateAutomatic')} OR ${isType('RotateAutomatic', 'true')}) THEN -1`,
    `WHEN ${interval} > ${LAST_INSTANT} THEN -1`,
    `WHEN NOT ${absent('RotateDate')} THEN`,
    `CASE WHEN ${rotateDate.isDate} THEN ${inRange(rotated)} ELSE -1 END`,
    `WHEN NOT ${initialDate.isDate} THEN -1`,
    `WHEN ${absent('RotateOffset')} THEN ${inRange(created)}`,
    `WHEN NOT ${isType('RotateOffset', 'integer')} THEN -1`,
    `WHEN ${offset} < 0 OR ${offset} > ${LAST_INSTANT} THEN -1`,
    `ELSE ${inRange(`${created} + ${offset}`, `- ${interval}`)} END`,
  ].join(' ');
}
