// A date of nine integers in the SQL of PostgreSQL. One look at its text checks it, not one at each element: every
// write to the indexed table pays for each look, and so does every read by deadline.
import { DATE_PATTERN, LAST_OF_LEAP_YEAR_PATTERN } from '../date-pattern.js';
import type { DateSql } from '../due-expression.js';

/** Returns the SQL for a date, given the SQL of its jsonb. */
export function dateByText(json: string): DateSql {
  const part = (index: number) => `CAST(${json} ->> ${index} AS bigint)`;
  const text = `replace(coalesce(CAST(${json} AS text), ''), ' ', '')`;
  const year = part(0);
  const leap = `(${year} % 4 = 0 AND ${year} % 100 <> 0) OR ${year} % 400 = 0`;
  const days = `(${year} - 1970) * 365 + (${year} - 1969) / 4 - (${year} - 1901) / 100
    + (${year} - 1601) / 400 + ${part(1)} - 1`;
  const clock = `${part(2)} * 3600 + ${part(3)} * 60 + ${part(4)}`;
  const offset = `${part(6)} * 3600 + ${part(7)} * 60 + ${part(8)}`;
  return {
    // CASE stops at the first condition that holds, so that what is not a number is never cast to one.
    isDate: `(CASE WHEN ${text} ~ '${DATE_PATTERN}' THEN true
      WHEN ${text} ~ '${LAST_OF_LEAP_YEAR_PATTERN}' THEN ${leap}
      ELSE false END)`,
    seconds: `((${days}) * 86400 + ${clock} - (${offset}))`,
  };
}
