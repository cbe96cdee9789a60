// A date of nine integers in the SQL of MySQL and MariaDB, taken apart as text: each look into JSON reads all of
// the column again, and whoever writes a row to an indexed table pays for them.
import { DATE_PATTERN } from './date-pattern.js';
import type { DateSql } from './due-expression.js';

/** Of TO_DAYS for the first day of 1970. */
const DAYS_TO_1970 = 719_528;

/** Returns the SQL for a date that stands where `json` says. */
export function dateByText(json: string): DateSql {
  // MariaDB gives JSON back as it was written, with its blanks.
  const text = ['32', '9', '10', '13'].reduce(
    (replaced, blank) => `REPLACE(${replaced}, CHAR(${blank}), '')`,
    `JSON_UNQUOTE(${json})`,
  );
  const integer = (part: string) => `CAST(${part} AS SIGNED)`;
  const part = (index: number) =>
    integer(`SUBSTRING_INDEX(SUBSTRING_INDEX(${text}, ',', ${index + 1}), ',', -1)`);
  const year = integer(`SUBSTRING(${text}, 2, 4)`);
  const lastPart = integer(`REPLACE(SUBSTRING_INDEX(${text}, ',', -1), ']', '')`);
  const day = `MAKEDATE(${year}, ${part(1)})`;
  const clock = `${part(2)} * 3600 + ${part(3)} * 60 + ${part(4)}`;
  const offset = `${part(6)} * 3600 + ${part(7)} * 60 + ${lastPart}`;
  return {
    // CASE is sure to stop at the first that does not hold: what is no number is never cast to one. The day
    // after the last of a year is in the next.
    isDate: `(CASE WHEN coalesce(JSON_TYPE(${json}), '') <> 'ARRAY' THEN 1 = 0
      WHEN coalesce(${text} REGEXP '${DATE_PATTERN}', 0) = 0 THEN 1 = 0
      ELSE coalesce(YEAR(${day}), 0) = ${year} END)`,
    seconds: `((TO_DAYS(${day}) - ${DAYS_TO_1970}) * 86400 + ${clock} - (${offset}))`,
  };
}
