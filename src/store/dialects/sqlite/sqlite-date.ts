// A date of nine integers in the SQL of SQLite. It looks at each element, as SQLite parses a column only once for all
// looks.
import type { DateSql } from '../due-expression.js';

/** Returns the SQL for a date in this member of the attributes. */
export function dateByElements(member: string): DateSql {
  const part = (index: number) => `json_extract(attributes, '$.${member}[${index}]')`;
  return { isDate: isDateSql(member, part), seconds: secondsSql(part) };
}

function isDateSql(member: string, part: (index: number) => string): string {
  const year = part(0);
  const leap = `((${year}) % 4 = 0 AND (${year}) % 100 <> 0) OR (${year}) % 400 = 0`;
  const conditions = [
    `coalesce(json_type(attributes, '$.${member}'), '') = 'array'`,
    `json_array_length(attributes, '$.${member}') = 9`,
    // Integers, or arrays of integers, which are not between two integers and fail below.
    `json_extract(attributes, '$.${member}') NOT GLOB '*[^][0-9,-]*'`,
    `${year} BETWEEN 1970 AND 9999`,
    `${part(1)} BETWEEN 1 AND 365 OR (${part(1)} = 366 AND (${leap}))`,
    `${part(2)} BETWEEN 0 AND 23`,
    `${part(3)} BETWEEN 0 AND 59`,
    `${part(4)} BETWEEN 0 AND 59`,
    `${part(5)} BETWEEN 0 AND 999999999`,
    `${part(6)} BETWEEN -25 AND 25`,
    `${part(7)} BETWEEN -59 AND 59`,
    `${part(8)} BETWEEN -59 AND 59`,
  ];
  // CASE stops at the first condition that fails. Nested CASEs would overflow the parser of an older SQLite, which then
  // could not open the store at all.
  const failing = conditions.map((condition) => `WHEN NOT (${condition}) THEN 1 = 0`);
  return `(CASE ${failing.join(' ')} ELSE 1 = 1 END)`;
}

function secondsSql(part: (index: number) => string): string {
  const year = part(0);
  const days = [
    `(${year} - 1970) * 365`,
    `+ (${year} - 1969) / 4`,
    `- (${year} - 1901) / 100`,
    `+ (${year} - 1601) / 400`,
    `+ ${part(1)} - 1`,
  ].join(' ');
  const clock = `${part(2)} * 3600 + ${part(3)} * 60 + ${part(4)}`;
  const offset = `${part(6)} * 3600 + ${part(7)} * 60 + ${part(8)}`;
  return `((${days}) * 86400 + ${clock} - (${offset}))`;
}
