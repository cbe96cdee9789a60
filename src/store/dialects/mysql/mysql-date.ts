// A date of nine integers in the SQL of MySQL and MariaDB, taken apart as text with as few looks as will do: each
// reads all of the column again.
import { DATE_PATTERN, LAST_OF_LEAP_YEAR_PATTERN } from '../date-pattern.js';
import type { DateSql } from '../due-expression.js';

/** Of TO_SECONDS for the beginning of 1970. */
const SECONDS_TO_1970 = 62_167_219_200;

/** Returns the SQL for a date of which `written` is the text. */
export function dateByText(written: string): DateSql {
  const without = (text: string, characters: readonly number[]) =>
    characters.reduce((left, character) => `REPLACE(${left}, CHAR(${character}), '')`, text);
  // MariaDB gives JSON back as it was written, with its blanks.
  const text = without(written, [32, 9, 10, 13]);
  const integers = without(text, [91, 93]);
  const year = `CAST(SUBSTRING(${text}, 2, 4) AS SIGNED)`;
  const clock = `STR_TO_DATE(SUBSTRING_INDEX(${integers}, ',', 5), '%Y,%j,%H,%i,%s')`;
  const fromEnd = (place: number) =>
    `CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(${integers}, ',', -${place}), ',', 1) AS SIGNED)`;
  const offset = `${fromEnd(3)} * 3600 + ${fromEnd(2)} * 60 + ${fromEnd(1)}`;
  return {
    // CASE is sure to stop at the first that holds: what is no number is never cast to one. The day after the
    // last of a year is in the next.
    isDate: `(CASE WHEN coalesce(${text} REGEXP '${DATE_PATTERN}', 0) = 1 THEN 1 = 1
      WHEN coalesce(${text} REGEXP '${LAST_OF_LEAP_YEAR_PATTERN}', 0) = 0 THEN 1 = 0
      ELSE coalesce(YEAR(MAKEDATE(${year}, 366)), 0) = ${year} END)`,
    seconds: `(TO_SECONDS(${clock}) - ${SECONDS_TO_1970}
      - CASE WHEN ${text} LIKE '%,0,0,0]' THEN 0 ELSE ${offset} END)`,
  };
}
