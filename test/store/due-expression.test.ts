// SQL narrows, the core decides: over random attributes, what the query returns holds everything that
// the core calls due or undecidable, and of sound rows nothing else.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgeSchedule, type Verdict } from '../../src/rotation/verdict.js';
import { FIRST_DEADLINE_RULES } from '../../src/rotation/schedule.js';
import { aSymmetricKey, insertRows, newStorePath, sql, withStore } from '../support/store.js';

/** 2026-09-01T09:00:00Z */
const NOW = 1_788_253_200;

const wrongType = fc.constantFrom('"30d"', '[]', '{}', '86400.5', '1e400', '"1"', '""');
const seconds = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5, max: 400 * 86_400 }).map(String) },
  fc.constantFrom('0', '-1', '2592000', '253402300799', '253402300800', '9007199254740993'),
  fc.constantFrom('99999999999999999999', '-99999999999999999999', '86400.0'),
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
const oddDate = fc.constantFrom('[2026,10]', '"2026-01-10"', '[2026,10,8,0,0,0,0,0,"0"]', '[]');
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
    RotateOffset: maybe(fc.oneof({ weight: 12, arbitrary: seconds }, wrongType)),
    RotateDate: maybe(fc.oneof({ weight: 12, arbitrary: date }, oddDate)),
    InitialDate: maybe(fc.oneof({ weight: 12, arbitrary: date }, oddDate)),
  })
  .map((members) =>
    Object.entries(members)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
      .join(','),
  )
  .chain((members) => fc.constantFrom(`{${members}}`, `{${members}}`, `{${members}}`, members));

describe('the earliest deadline in SQL', () => {
  for (const indexed of [true, false]) {
    it(`finds all that the core calls due or undecidable, ${indexed ? 'with' : 'without'} the index`, async function () {
      this.timeout(60_000);
      const path = await newStorePath();
      if (!indexed) sql(path, 'DROP INDEX kms_rotation_due');
      const texts = fc.sample(attributes, { numRuns: 4000, seed: 20_260_901 });
      insertRows(
        path,
        texts.map((text, index) =>
          aSymmetricKey({ uid: `key-${index}` }, {}, { attributes: text }),
        ),
      );
      const found = new Set<string>();
      await withStore(path, async (store) => {
        for await (const page of store.findDue(NOW, { tags: [] })) {
          for (const candidate of page) found.add(candidate.id);
        }
      });
      const counted = new Map<Verdict, number>();
      for (const [index, text] of texts.entries()) {
        const id = `key-${index}`;
        for (const firstDeadline of FIRST_DEADLINE_RULES) {
          const terms = { now: NOW, withinSeconds: 0, firstDeadline };
          const { verdict } = judgeSchedule({ id, attributes: text }, terms);
          if (firstDeadline === 'offset') counted.set(verdict, (counted.get(verdict) ?? 0) + 1);
          if (verdict === 'due' || verdict === 'undecidable') {
            assert.ok(found.has(id), `${verdict} by ${firstDeadline}, but not found: ${text}`);
          }
          if (verdict === 'opted-out' || verdict === 'not-armed') {
            assert.ok(!found.has(id), `${verdict}, but found: ${text}`);
          }
          if (verdict === 'not-due' && firstDeadline === 'offset' && !earlyOrLate(text)) {
            assert.ok(!found.has(id), `not due by ${firstDeadline}, but found: ${text}`);
          }
        }
      }
      for (const verdict of ['due', 'undecidable', 'not-due', 'opted-out', 'not-armed'] as const) {
        assert.ok((counted.get(verdict) ?? 0) > 50, `too few rows are ${verdict}`);
      }
    });
  }

  it('never makes somebody else’s INSERT fail, whatever the attributes hold', async () => {
    const path = await newStorePath();
    const odd = [
      '',
      'no json',
      '[]',
      '7',
      'null',
      '{"RotateDate":[[[[]]]]}',
      '{"RotateInterval":1e999}',
    ];
    insertRows(
      path,
      odd.map((text, index) => aSymmetricKey({ uid: `odd-${index}` }, {}, { attributes: text })),
    );
    assert.equal(sql(path, 'SELECT id FROM objects').length, odd.length);
  });

  it('reads the store through the index (EXPLAIN QUERY PLAN)', async () => {
    const path = await newStorePath();
    const statements: string[] = [];
    await withStore(path, async (store) => {
      for await (const page of store.findDue(NOW, { tags: [] }))
        statements.push(String(page.length));
    });
    const [index] = sql<{ sql: string }>(
      path,
      `SELECT sql FROM sqlite_master WHERE name = 'kms_rotation_due'`,
    );
    const expression = /ON objects \((.*), id\) WHERE/s.exec(index?.sql ?? '')?.[1] ?? '';
    const plan = sql<{ detail: string }>(
      path,
      `EXPLAIN QUERY PLAN SELECT id FROM objects INDEXED BY kms_rotation_due
        WHERE state = 'Active' AND ${expression} BETWEEN -1 AND ${NOW} ORDER BY ${expression}, id`,
    );
    assert.deepEqual(
      plan.map(({ detail }) => detail.replace(/ \(.*/, '')),
      ['SEARCH objects USING INDEX kms_rotation_due'],
    );
  });
});

/**
 * SQL calls these uncertain where the core does not: dates before 1970, and sums past the year 9999 by
 * the other rule.
 */
function earlyOrLate(text: string): boolean {
  return /\[(1|1969|9999),/.test(text) || text.includes('2534023');
}
