// What the text of a date of nine integers looks like without its blanks, as a regular expression that PostgreSQL,
// MySQL and MariaDB all understand. Which day of a year is its last is left to them.

const UP_TO_59 = '([0-9]|[1-5][0-9])';
const SIGN = '(-|)';

/**
 * Without question marks and backslashes, which mean something to knex, or to a server by its sql_mode. The
 * first and the last character of an array are its brackets.
 */
export const DATE_PATTERN = `^.${[
  '(19[7-9][0-9]|[2-9][0-9]{3})',
  '([1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])',
  '([0-9]|1[0-9]|2[0-3])',
  UP_TO_59,
  UP_TO_59,
  '(0|[1-9][0-9]{0,8})',
  `${SIGN}([0-9]|1[0-9]|2[0-5])`,
  `${SIGN}${UP_TO_59}`,
  `${SIGN}${UP_TO_59}`,
].join(',')}.$`;
