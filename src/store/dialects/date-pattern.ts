// What the text of a date of nine integers looks like without its blanks, as regular expressions that PostgreSQL,
// MySQL and MariaDB all understand. Which years have a day 366 is left to them.

const UP_TO_365 = '([1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-5])';
const UP_TO_59 = '([0-9]|[1-5][0-9])';
const SIGN = '(-|)';

/** A date of which no more needs to be asked. */
export const DATE_PATTERN = pattern(UP_TO_365);
/** A date on the last day of a leap year, if it is one. */
export const LAST_OF_LEAP_YEAR_PATTERN = pattern('366');

/**
 * Without question marks and backslashes, which mean something to knex, or to a server by its sql_mode. What
 * is JSON, looks so and does not begin with a quote is an array, and has brackets at its ends.
 */
function pattern(dayOfYear: string): string {
  const parts = [
    '(19[7-9][0-9]|[2-9][0-9]{3})',
    dayOfYear,
    '([0-9]|1[0-9]|2[0-3])',
    UP_TO_59,
    UP_TO_59,
    '(0|[1-9][0-9]{0,8})',
    `${SIGN}([0-9]|1[0-9]|2[0-5])`,
    `${SIGN}${UP_TO_59}`,
    `${SIGN}${UP_TO_59}`,
  ];
  return `^[^"]${parts.join(',')}.$`;
}
