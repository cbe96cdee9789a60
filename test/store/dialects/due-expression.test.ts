// SQL narrows, the core decides: over random attributes, the query returns everything that the core calls due or
// undecidable, and no other row that can be decided.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { evaluateSchedule, type Eligibility } from '../../../src/rotation/eligibility.js';
import { FIRST_DEADLINE_RULES } from '../../../src/rotation/deadline.js';
import { findDue } from '../../../src/store/find/find.js';
import { initialise } from '../../../src/store/prepare/initialise.js';
import { removeAdditions } from '../../../src/store/prepare/additions.js';
import { collect } from '../../../src/survey/survey.js';
import { describeEachDatabase, type TestDatabase } from '../../support/databases.js';
import { tries } from '../../support/effort.js';
import { dropOurIndexes } from '../../support/meddle.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { sql, withBare } from '../../support/sql.js';
import { insertRows, newStorePath, rowsOf, withStore } from '../../support/store.js';
import { aSymmetricKey, JANUARY, symmetricKeys } from '../../support/symmetric-keys.js';

/** 2026-09-01T09:00:00Z */
const NOW = 1_788_253_200;
const OPTIONS = { mode: 'write', busyTimeoutMs: 5000 } as const;

const wrongType = fc.constantFrom(
  ...['"30d"', '[]', '{}', '86400.5', '1e400', '"1"', '""', 'true', 'false', '[86400]'],
);
const seconds = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5, max: 400 * 86_400 }).map(String) },
  fc.constantFrom('0', '-1', '2592000', '253402300799', '253402300800', '9007199254740993'),
  fc.constantFrom('99999999999999999999', '-99999999999999999999', '86400.0'),
);
/** An offset is added whatever its sign. */
const offset = fc.oneof(
  { weight: 8, arbitrary: seconds },
  { weight: 4, arbitrary: fc.integer({ min: -400 * 86_400, max: 0 }).map(String) },
  fc.constantFrom('-253402300799', '-253402300800', '-63000000000', '-999999999999999'),
);
/** Mostly one of a range, now and then a value at or past its edge. */
const part = (min: number, max: number, ...odd: number[]) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.integer({ min, max }) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
const date = fc
  .tuple(
    part(2024, 2027, 1, 1969, 1970, 9999, 10_000),
    part(1, 365, 0, 366, 367),
    part(0, 23, 24, -1),
    part(0, 59, 60),
    part(0, 59, 60),
    part(0, 999_999_999, 1_000_000_000),
    part(-2, 2, 25, 26, -26),
    part(0, 30, 59, 60),
    part(0, 1, 60),
  )
  .map((parts) => JSON.stringify(parts));
/** A date with one part of a wrong type or value. */
const brokenDate = fc
  .tuple(
    fc.integer({ min: 0, max: 8 }),
    fc.constantFrom('null', '"1"', '1.5', '1e3', '1e400', '[]', '-1', '9'.repeat(20), 'true'),
  )
  .map(
    ([place, part]) =>
      `[${['2025', '1', '0', '0', '0', '0', '0', '0', '0'].with(place, part).join()}]`,
  );
const oddDate = fc.oneof(
  brokenDate,
  fc.constantFrom('[2026,10]', '"2026-01-10"', '[]', '{}', '0', '1767945600', 'true'),
  fc.constantFrom('[2026,10,8,0,0,0,0,0,0,0]', '[[2026,10,8,0,0,0,0,0,0]]'),
);
const flag = fc.oneof(
  { weight: 8, arbitrary: fc.constant('true') },
  fc.constantFrom('false', 'false', '"true"', '1', '0'),
);
const maybe = (value: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.constantFrom('null', '') });

const attributes = fc
  .record({
    RotateAutomatic: maybe(flag),
    RotateInterval: maybe(fc.oneof({ weight: 12, arbitrary: seconds }, wrongType)),
    RotateOffset: maybe(fc.oneof({ weight: 12, arbitrary: offset }, wrongType)),
    RotateDate: maybe(fc.oneof({ weight: 12, arbitrary: date }, oddDate)),
    InitialDate: maybe(fc.oneof({ weight: 12, arbitrary: date }, oddDate)),
  })
  .map((members) =>
    Object.entries(members)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
      .join(','),
  )
  .chain((members) =>
    fc.constantFrom(
      ...[`{${members}}`, `{${members}}`, members],
      ` {${members.replaceAll(/[,:]/g, '\n$&\t ')}\r\n} `,
    ),
  );

/** How strict a session may be; null as it is. */
const MODES = {
  sqlite: [null],
  postgresql: [null],
  mysql: [null, 'TRADITIONAL', 'STRICT_ALL_TABLES,ANSI,HIGH_NOT_PRECEDENCE'],
} as const;

describeEachDatabase('the earliest deadline in SQL', (database) => {
  const samples = fc
    .sample(attributes, { numRuns: tries(1000, 2000), seed: 20_260_901 })
    .filter((text) => isStorable(database, text));

  it('finds all that the core calls due or undecidable, with the index and without', async function () {
    this.timeout(240_000);
    const path = await newStorePath(database);
    const keys = samples.map((text, index) =>
      aSymmetricKey({ uid: `key-${index}` }, {}, { attributes: text }),
    );
    await insertRows(path, keys);
    const withIndex = await earliestFound(path);
    await dropOurIndexes(path);
    const without = await earliestFound(path);
    const counted = new Map<Eligibility, number>();
    // As the database returns it: some write JSON in their own form.
    for (const { id, attributes: text } of await rowsOf(path)) {
      for (const firstDeadline of FIRST_DEADLINE_RULES) {
        const terms = { now: NOW, withinSeconds: 0, firstDeadline };
        const { eligibility, deadline } = evaluateSchedule({ id, attributes: text }, terms);
        if (firstDeadline === 'offset')
          counted.set(eligibility, (counted.get(eligibility) ?? 0) + 1);
        for (const [how, found] of Object.entries({ withIndex, without })) {
          if (eligibility === 'due' || eligibility === 'undecidable') {
            const missed = `${eligibility} by ${firstDeadline}, but not found (${how}): ${text}`;
            assert.ok(found.has(id), missed);
          }
          if (eligibility === 'due' && firstDeadline === 'offset' && found.get(id) !== -1) {
            const other = `another deadline in SQL (${how}): ${text}`;
            assert.equal(found.get(id), deadline?.at, other);
          }
          if (isUncertain(database, text)) continue;
          if (eligibility === 'opted-out' || eligibility === 'not-armed') {
            assert.ok(!found.has(id), `${eligibility}, but found (${how}): ${text}`);
          }
          if (eligibility === 'not-due' && firstDeadline === 'offset') {
            const early = `not due by ${firstDeadline}, but found (${how}): ${text}`;
            assert.ok(!found.has(id), early);
          }
        }
      }
    }
    for (const expected of ['due', 'undecidable', 'not-due', 'opted-out', 'not-armed'] as const) {
      assert.ok((counted.get(expected) ?? 0) > tries(10, 25), `too few rows are ${expected}`);
    }
  });

  for (const mode of MODES[database.kind]) {
    const title = 'never makes an INSERT or UPDATE of a server fail, whatever the attributes are';
    it(`${title}${mode === null ? '' : ` (${mode})`}`, async function () {
      this.timeout(60_000);
      const path = await newStorePath(database);
      const plain = await database.create();
      const odd: string[] = [];
      await withBare(plain, async (bare) => {
        // Leaves out what the database refuses without our indexes too.
        const type = { sqlite: 'TEXT', postgresql: 'jsonb', mysql: 'JSON' }[database.kind];
        await bare.query(`CREATE TABLE plain (attributes ${type})`);
        // On PostgreSQL the first refusal would end the transaction.
        if (database.kind !== 'postgresql') await bare.query('BEGIN');
        for (const text of oddAttributes()) {
          const taken = bare.query('INSERT INTO plain VALUES (?)', [text]);
          await taken.then(
            () => odd.push(text),
            () => undefined,
          );
        }
      });
      assert.ok(odd.length > 0.6 * oddAttributes().length, `only ${odd.length} are taken`);
      await withBare(path, async (bare) => {
        if (mode !== null) await bare.query(`SET SESSION sql_mode = '${mode}'`);
        const { object, owner } = aSymmetricKey();
        const insert = `INSERT INTO objects (id, object, attributes, state, owner)
          VALUES (?, ?, ?, 'Active', ?)`;
        await bare.query('BEGIN');
        await bare.query(insert, ['changed', object, '{}', owner]);
        for (const [index, text] of odd.entries()) {
          await bare.query(insert, [`odd-${index}`, object, text, owner]);
          await bare.query(`UPDATE objects SET attributes = ? WHERE id = 'changed'`, [text]);
        }
        await bare.query('COMMIT');
      });
      assert.equal((await sql(path, 'SELECT id FROM objects')).length, odd.length + 1);
    });
  }

  if (database.name === 'mariadb') {
    it('accepts what is not JSON, if the column does (made before MariaDB 10.4.3)', async () => {
      const path = await newStorePath(database);
      await removeAdditions(path, OPTIONS);
      await sql(path, 'ALTER TABLE objects MODIFY attributes LONGTEXT NOT NULL');
      await initialise(path, OPTIONS);
      const odd = ['', 'no json', '{', '{"RotateInterval":}', '{"RotateName":"a'];
      for (const [index, text] of odd.entries()) {
        await insertRows(path, [aSymmetricKey({ uid: `odd-${index}` }, {}, { attributes: text })]);
      }
      const found = await withStore(path, (store) => collect(store.findDue(NOW, { tags: [] })));
      assert.equal(found.flat().length, odd.length);
    });
  }

  it('is looked up in the index, not row by row (EXPLAIN)', async () => {
    const path = await newStorePath(database);
    const statements = await statementsOf(path, async (connection) => {
      const pages = await collect(findDue(connection, JANUARY, { tags: [] }));
      assert.deepEqual(pages, []);
    });
    const due = symmetricKeys(3000);
    await insertRows(path, due);
    const plan = await planOf(path, statements.at(-1) ?? '');
    assert.match(plan, /kms_rotation_due/);
    assert.doesNotMatch(plan, /Seq Scan|SCAN objects/);
    // A page of keys that were found is sorted again; the table is not.
    assert.doesNotMatch(plan, /"table":"objects"[^}]*("type":"(ALL|index)"|filesort)/);
  });
});

/** The earliest deadline in SQL of each key that is found, by uid. */
async function earliestFound(path: string): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  await withStore(path, async (store) => {
    for await (const page of store.findDue(NOW, { tags: [] })) {
      for (const { id, earliest } of page) found.set(id, earliest);
    }
  });
  return found;
}

/** Attributes with each member that a deadline is computed from in every wrong shape. */
function oddAttributes(): readonly string[] {
  const numbers = ['-1', '0', '1.5', '1e3', '1e19', '-1e300', '1e999', '86400.0', '9'.repeat(40)];
  const integers = [2 ** 31, 2 ** 53, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n].map(
    String,
  );
  const others = [
    '"x"',
    `"${'9'.repeat(30)}"`,
    '""',
    '"é😀"',
    'true',
    'null',
    '{}',
    '[]',
    '[[[[]]]]',
    `${'['.repeat(30)}${']'.repeat(30)}`,
    `${'['.repeat(90)}${']'.repeat(90)}`,
    '"\\ud83d"',
    '"\\u0000"',
    '"\\\\"',
    `"'\\""`,
  ];
  const values = [...numbers, ...integers, ...others];
  const dates = values.flatMap((value) => [
    `[${Array.from({ length: 9 }, () => value).join()}]`,
    `[${value},51,8,0,0,0,0,0,0]`,
    `[2026,51,8,0,0,${value},0,0,0]`,
    `[2026,51,8,0,0,0,0,0,${value}]`,
  ]);
  const interval = '"RotateInterval":86400';
  return [
    ...['', 'no json', '[]', '7', 'null', '"{}"'],
    ...values.map((value) => `{"RotateInterval":${value},"InitialDate":[2026,51,8,0,0,0,0,0,0]}`),
    ...[...values, ...dates].flatMap((value) => [
      `{${interval},"RotateDate":${value}}`,
      `{${interval},"InitialDate":${value}}`,
    ]),
    ...values.flatMap((value) => [
      `{${interval},"InitialDate":[2026,51,8,0,0,0,0,0,0],"RotateOffset":${value}}`,
      `{${interval},"RotateAutomatic":${value}}`,
      `{"RotateName":${value}}`,
      `{"ObjectType":${value}}`,
      `{${interval},"InitialDate":[2026,51,8,0,0,0,0,0,0],"Other":${value}}`,
    ]),
    `{"RotateName":"${'é😀'.repeat(400)}"}`,
  ];
}

/** Whether a database accepts a text as JSON, without our indexes too. */
function isStorable({ name }: TestDatabase, text: string): boolean {
  if (name === 'sqlite') return true;
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  // MySQL stores other numbers as doubles.
  return name !== 'mysql' || !/1e(400|999)/.test(text);
}

/** SQL on servers cannot decide huge numbers; the core knows that a negative interval means no policy. */
function isUncertain({ kind }: TestDatabase, text: string): boolean {
  return earlyOrLate(text) || (kind !== 'sqlite' && /-\d{15}/.test(text));
}

/** SQL cannot decide these, though the core can: dates before 1970, and sums past the year 9999 by the other rule. */
function earlyOrLate(text: string): boolean {
  return /\[\s*(1|1969|9999)\s*,/.test(text) || text.includes('2534023');
}
