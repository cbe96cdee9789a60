// The earliest possible deadline of a row as SQL over its attributes, by integers alone: the rule of
// rotation/schedule.ts for `offset`, which is never later than the other. SQL narrows with it, through
// an index or without; rotation/ decides. A row whose deadline cannot be reckoned gets -1, so that it is
// always seen; one that declines rotation gets NULL.
import { LAST_INSTANT } from '../kmip/date-time.js';

/** How a dialect looks into a JSON column. */
export interface JsonAccess {
  /** SQL that is true if the whole column is a JSON map. */
  readonly isMap: string;
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

/** How a dialect looks at the elements of a date one by one, by paths such as `RotateDate[0]`. */
export interface ElementAccess extends Pick<JsonAccess, 'type' | 'integer'> {
  /** How many elements an array has; asked only where the type is `array`. */
  length(path: string): string;
  /** Integer division. */
  divide(dividend: string, divisor: number): string;
}

export function earliestDeadlineSql(json: JsonAccess): string {
  const absent = (path: string) => `coalesce(${json.type(path)}, 'null') = 'null'`;
  const isType = (path: string, type: string) => `coalesce(${json.type(path)}, '') = '${type}'`;
  const interval = json.integer('RotateInterval');
  const offset = json.integer('RotateOffset');
  const inRange = (sum: string, value: string) =>
    `CASE WHEN ${sum} > ${LAST_INSTANT} THEN -1 ELSE ${value} END`;
  const rotateDate = json.date('RotateDate');
  const initialDate = json.date('InitialDate');
  const rotated = `${rotateDate.seconds} + ${interval}`;
  const created = initialDate.seconds;
  return [
    `CASE WHEN NOT (${json.isMap}) THEN -1`,
    `WHEN ${isType('RotateAutomatic', 'false')} THEN NULL`,
    `WHEN ${absent('RotateInterval')} THEN NULL`,
    `WHEN NOT ${isType('RotateInterval', 'integer')} THEN -1`,
    `WHEN ${interval} <= 0 THEN NULL`,
    `WHEN NOT (${absent('RotateAutomatic')} OR ${isType('RotateAutomatic', 'true')}) THEN -1`,
    `WHEN ${interval} > ${LAST_INSTANT} THEN -1`,
    `WHEN NOT ${absent('RotateDate')} THEN`,
    `CASE WHEN ${rotateDate.isDate} THEN ${inRange(rotated, rotated)} ELSE -1 END`,
    `WHEN NOT ${initialDate.isDate} THEN -1`,
    `WHEN ${absent('RotateOffset')} THEN ${inRange(`${created} + ${interval}`, `${created} + ${interval}`)}`,
    `WHEN NOT ${isType('RotateOffset', 'integer')} THEN -1`,
    `WHEN ${offset} < 0 OR ${offset} > ${LAST_INSTANT} THEN -1`,
    `ELSE ${inRange(`${created} + ${offset} + ${interval}`, `${created} + ${offset}`)} END`,
  ].join(' ');
}

/** A date by its elements, for a database that looks into JSON cheaply. */
export function dateByElements(json: ElementAccess, member: string): DateSql {
  return { isDate: isDateSql(json, member), seconds: secondsSql(json, member) };
}

function isDateSql(json: ElementAccess, member: string): string {
  const part = (index: number) => json.integer(`${member}[${index}]`);
  const integers = Array.from({ length: 9 }, (_, index) => `${member}[${index}]`);
  const year = part(0);
  const leap = `((${year}) % 4 = 0 AND (${year}) % 100 <> 0) OR (${year}) % 400 = 0`;
  const conditions = [
    `coalesce(${json.type(member)}, '') = 'array'`,
    `${json.length(member)} = 9`,
    ...integers.map((path) => `coalesce(${json.type(path)}, '') = 'integer'`),
    `${year} BETWEEN 1970 AND 9999`,
    `${part(1)} BETWEEN 1 AND CASE WHEN ${leap} THEN 366 ELSE 365 END`,
    `${part(2)} BETWEEN 0 AND 23`,
    `${part(3)} BETWEEN 0 AND 59`,
    `${part(4)} BETWEEN 0 AND 59`,
    `${part(5)} BETWEEN 0 AND 999999999`,
    `${part(6)} BETWEEN -25 AND 25`,
    `${part(7)} BETWEEN -59 AND 59`,
    `${part(8)} BETWEEN -59 AND 59`,
  ];
  // CASE is sure to stop at the first that does not hold; nested ones would overflow the parser of an
  // older SQLite, which then could not open the store at all.
  const failing = conditions.map((condition) => `WHEN NOT (${condition}) THEN 1 = 0`);
  return `(CASE ${failing.join(' ')} ELSE 1 = 1 END)`;
}

function secondsSql(json: ElementAccess, member: string): string {
  const part = (index: number) => json.integer(`${member}[${index}]`);
  const year = part(0);
  const days = [
    `(${year} - 1970) * 365`,
    `+ ${json.divide(`(${year} - 1969)`, 4)}`,
    `- ${json.divide(`(${year} - 1901)`, 100)}`,
    `+ ${json.divide(`(${year} - 1601)`, 400)}`,
    `+ ${part(1)} - 1`,
  ].join(' ');
  const clock = `${part(2)} * 3600 + ${part(3)} * 60 + ${part(4)}`;
  const offset = `${part(6)} * 3600 + ${part(7)} * 60 + ${part(8)}`;
  return `((${days}) * 86400 + ${clock} - (${offset}))`;
}
