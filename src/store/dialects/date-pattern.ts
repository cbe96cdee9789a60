// Regular expressions, for PostgreSQL, MySQL and MariaDB, that match the text of a date of nine integers without its
// blanks. Each dialect decides by itself which years have a day 366.

const UP_TO_365 = '([1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-5])';
const UP_TO_59 = '([0-9]|[1-5][0-9])';
const SIGN = '(-|)';

/** Matches dates on the days 1 to 365, which every year has. */
export const DATE_PATTERN = pattern(UP_TO_365);
/** Matches dates on day 366, which only a leap year has. */
export const LAST_OF_LEAP_YEAR_PATTERN = pattern('366');

/**
 * Has no question marks and no backslashes, as knex, or a server with some sql_mode, would interpret them. The brackets
 * are not matched as such: JSON that matches and does not begin with a quote is an array.
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
