// Dates that PostgreSQL, MySQL and MariaDB recognise by their text are those of kmip/date-time.ts, at the same instant.
import assert from 'node:assert/strict';
import { decodeDateTime } from '../../../src/kmip/date-time.js';
import type { JsonValue } from '../../../src/kmip/json.js';
import { dateByText as ofMysql } from '../../../src/store/dialects/mysql/mysql-date.js';
import { dateByText as ofPostgresql } from '../../../src/store/dialects/postgresql/postgresql-date.js';
import { describeEachDatabase } from '../../support/databases.js';
import { withBare } from '../../support/sql.js';

const YEARS = [
  ...[1969, 1970, 1971, 1972, 1999, 2000, 2001, 2024, 2026, 2027, 2028, 2099, 2100, 2101, 2400],
  ...[9996, 9998, 9999, 10_000],
];
const DAYS = [0, 1, 59, 60, 61, 365, 366, 367];
const CLOCKS = [
  ...[
    [0, 0, 0, 0, 0, 0, 0],
    [23, 59, 59, 999_999_999, 25, 59, 59],
    [8, 5, 9, 1, -25, -59, -59],
  ],
  ...[
    [24, 0, 0, 0, 0, 0, 0],
    [0, 60, 0, 0, 0, 0, 0],
    [0, 0, 60, 0, 0, 0, 0],
  ],
  ...[
    [0, 0, 0, 1_000_000_000, 0, 0, 0],
    [0, 0, 0, 0, 26, 0, 0],
    [0, 0, 0, 0, 0, 60, 0],
  ],
  ...[
    [0, 0, 0, 0, 0, 0, -60],
    [0, 0, 0, -1, 0, 0, 0],
    [-1, 0, 0, 0, 0, 0, 0],
  ],
];
const TEXTS = [
  ...YEARS.flatMap((year) => DAYS.map((day) => `[${year},${day},1,2,3,0,0,0,0]`)),
  ...CLOCKS.map((parts) => `[2026,51,${parts.join()}]`),
  '[ 2026 ,\n51,\t1,2,3,0,0,0, 0 ]',
  '[[2026,51,1,2,3,0,0,0,0]]',
  '[[2026],51,1,2,3,0,0,0,0]',
  '[2026,51,1,2,3,0,0,0,[0]]',
  '"[2026,51,1,2,3,0,0,0,0]"',
  '"x2026,51,1,2,3,0,0,0,0x"',
  '[2026,51,1,2,3,0,0,0]',
  '[2026,51,1,2,3,0,0,0,0,0]',
  '[2026.0,51,1,2,3,0,0,0,0]',
  '[2026,5e1,1,2,3,0,0,0,0]',
  '["2026",51,1,2,3,0,0,0,0]',
  '[]',
  '{}',
  'null',
];

describeEachDatabase('a date as text', (database) => {
  if (database.kind === 'sqlite') return;
  const isPostgresql = database.kind === 'postgresql';
  const { isDate, seconds } = (isPostgresql ? ofPostgresql : ofMysql)('date');

  it('is a date if it is one for kmip/date-time.ts from 1970 on, at the same instant', async () => {
    const type = isPostgresql ? 'jsonb' : 'CHAR';
    const rows = TEXTS.map(() => `SELECT CAST(? AS ${type}) AS date`).join(' UNION ALL ');
    const query = `SELECT date, CASE WHEN ${isDate} THEN ${seconds} END AS seconds FROM (${rows}) AS dates`;
    const url = await database.create();
    const found = (await withBare(url, (bare) => bare.query(query, TEXTS))) as readonly {
      /** As the database writes it: to PostgreSQL 5e1 is 50. */
      readonly date: string;
      readonly seconds: number | string | null;
    }[];
    assert.equal(found.length, TEXTS.length);
    let dates = 0;
    for (const { date, seconds: instant } of found) {
      const value = JSON.parse(date) as JsonValue;
      const year = Array.isArray(value) ? Number(value[0]) : 0;
      const expected = year < 1970 || /[.e]/.test(date) ? null : decodeDateTime(value);
      assert.equal(instant === null ? null : Number(instant), expected, date);
      if (expected !== null) dates += 1;
    }
    assert.ok(dates > 60, `only ${dates} are dates`);
  });
});
