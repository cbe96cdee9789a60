// A date of nine integers in the SQL of MySQL and MariaDB. It is parsed as text with as few looks into the JSON as
// possible, since each parses the whole column again.
import { DATE_PATTERN, LAST_OF_LEAP_YEAR_PATTERN } from '../date-pattern.js';
import type { DateSql } from '../due-expression.js';

/** What TO_SECONDS returns for the beginning of 1970. */
const SECONDS_TO_1970 = 62_167_219_200;

/** Returns the SQL for a date, given the SQL of its text. */
export function dateByText(written: string): DateSql {
  const without = (text: string, characters: readonly number[]) =>
    characters.reduce((left, character) => `REPLACE(${left}, CHAR(${character}), '')`, text);
  // MariaDB returns JSON as it was written, with its blanks.
  const text = without(written, [32, 9, 10, 13]);
  const integers = without(text, [91, 93]);
  const year = `CAST(SUBSTRING(${text}, 2, 4) AS SIGNED)`;
  const clock = `STR_TO_DATE(SUBSTRING_INDEX(${integers}, ',', 5), '%Y,%j,%H,%i,%s')`;
  const fromEnd = (place: number) =>
    `CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(${integers}, ',', -${place}), ',', 1) AS SIGNED)`;
  const offset = `${fromEnd(3)} * 3600 + ${fromEnd(2)} * 60 + ${fromEnd(1)}`;
  return {
    // CASE stops at the first condition that holds, so that what is not a number is never cast to one. Day 366 of a
    // year without one is in the next year.
    isDate: `(CASE WHEN coalesce(${text} REGEXP '${DATE_PATTERN}', 0) = 1 THEN 1 = 1
      WHEN coalesce(${text} REGEXP '${LAST_OF_LEAP_YEAR_PATTERN}', 0) = 0 THEN 1 = 0
      ELSE coalesce(YEAR(MAKEDATE(${year}, 366)), 0) = ${year} END)`,
    seconds: `(TO_SECONDS(${clock}) - ${SECONDS_TO_1970}
      - CASE WHEN ${text} LIKE '%,0,0,0]' THEN 0 ELSE ${offset} END)`,
  };
}
