// SQL narrows, the core decides: over random attributes and settings, the queries find everything that the core calls
// due because it ends, with our indexes and without.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { evaluateSchedule, UNKNOWN_OF_ROW } from '../../../src/rotation/eligibility.js';
import { longestLead, type EndOptions } from '../../../src/rotation/ends.js';
import type { DeadlineRule } from '../../../src/rotation/deadline.js';
import { findEnding, findHalfUsed } from '../../../src/store/find/find.js';
import { collect } from '../../../src/survey/survey.js';
import { describeEachDatabase } from '../../support/databases.js';
import { isFull, tries } from '../../support/effort.js';
import { planOf, statementsOf } from '../../support/explain.js';
import { dropOurIndexes } from '../../support/meddle.js';
import { sql, withBare } from '../../support/sql.js';
import { insertRows, newStorePath, rowsOf, withStore } from '../../support/store.js';
import {
  aSymmetricKey,
  DAY,
  dateOf,
  JANUARY,
  symmetricKeys,
} from '../../support/symmetric-keys.js';

const NOW = JANUARY + 100 * DAY;

/** Every way in which settings decide. */
const SETTINGS: readonly EndOptions[] = [null, 0, DAY, 200 * DAY].flatMap((beforeEndSeconds) =>
  [0, 10, 50].map((usagePercent) => ({ beforeEndSeconds, usagePercent })),
);

const near = fc.integer({ min: JANUARY - 100 * DAY, max: JANUARY + 400 * DAY }).map(dateOf);
const odd = fc.constantFrom<unknown>(
  ...[[2026, 10], '2026-01-10', {}, 0, [1969, 365, 23, 59, 59, 0, 0, 0, 0]],
  ...[
    [2026, 366, 0, 0, 0, 0, 0, 0, 0],
    [2024, 366, 0, 0, 0, 0, 0, 0, 0],
  ],
  ...[
    [2026, 100, 8, 0, 0, 5, -11, -30, -1],
    [9999, 365, 23, 59, 59, 0, 0, 0, 0],
  ],
);
const date = fc.oneof(
  { weight: 8, arbitrary: near },
  { weight: 4, arbitrary: fc.constantFrom(undefined, null) },
  { weight: 1, arbitrary: odd },
);
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -2, max: 100 }) },
  fc.constantFrom<unknown>(null, undefined, '5', 1.5, 2 ** 52, 2 ** 53 - 1, {}, []),
);
const attributes = fc.record({
  ObjectType: fc.constantFrom('SymmetricKey', 'SymmetricKey', 'Certificate'),
  RotateInterval: fc.constantFrom(3650 * DAY, 3650 * DAY, 0),
  InitialDate: near,
  ActivationDate: date,
  DeactivationDate: date,
  ProtectStopDate: date,
  UsageLimits: fc.oneof(
    fc.constant(undefined),
    fc.record({ UsageLimitsTotal: amount, UsageLimitsCount: amount }),
    // Nothing says how much there was.
    fc.record({ UsageLimitsTotal: fc.integer({ min: -2, max: 3 }) }),
    fc.constantFrom<unknown>(null, [], 'none'),
  ),
});

describeEachDatabase('ends in SQL', (database) => {
  it('finds all that the core calls due because it ends, by every setting, with the indexes and without', async function () {
    this.timeout(isFull ? 7_200_000 : 600_000);
    const path = await newStorePath(database);
    const samples = fc.sample(attributes, { numRuns: tries(400, 700, 100_000), seed: 30 });
    await insertRows(
      path,
      samples.map((members, index) =>
        aSymmetricKey({ uid: `key-${index}` }, {}, { attributes: JSON.stringify(members) }),
      ),
    );
    const rows = await rowsOf(path);
    const counted = new Map<DeadlineRule | 'unavoidable', number>();
    const count = (what: DeadlineRule | 'unavoidable') =>
      counted.set(what, (counted.get(what) ?? 0) + 1);
    for (const how of ['with the indexes', 'without']) {
      if (how === 'without') await dropOurIndexes(path);
      for (const ends of SETTINGS) {
        const found = await foundIn(path, NOW + longestLead(ends, null));
        for (const { id, attributes: text } of rows) {
          const options = { now: NOW, withinSeconds: 0, firstDeadline: 'offset', ends } as const;
          const isCertificate = text.includes('"Certificate"');
          assert.equal(found.certificates.has(id), isCertificate, `certificate ${how}: ${text}`);
          const { deadline, eligibility, unavoidable } = evaluateSchedule(
            { id, attributes: text },
            options,
            isCertificate ? { ...UNKNOWN_OF_ROW, validity: VALIDITY } : UNKNOWN_OF_ROW,
          );
          if (unavoidable?.rule === 'usage-limit') {
            count('unavoidable');
            assert.ok(found.halfUsed.has(id), `used up, but not found ${how}: ${text}`);
          }
          if (eligibility !== 'due' || deadline === null) continue;
          count(deadline.rule);
          const uids = foundBy(deadline.rule, found);
          assert.ok(uids.has(id), `${deadline.rule}, but not found ${how}: ${text}`);
        }
      }
    }
    const rules = ['before-deactivation', 'before-protect-stop', 'usage-limit'] as const;
    for (const rule of [...rules, 'before-certificate-end', 'unavoidable'] as const) {
      assert.ok((counted.get(rule) ?? 0) > 200, `too few are due by ${rule}`);
    }
  });

  it('never makes an INSERT of a server fail, and holds little of what does not end', async () => {
    const path = await newStorePath(database);
    const values = ['-1', '1.5', '1e3', '9'.repeat(30), '"x"', 'true', 'null', '{}', '[]', '[[]]'];
    const dates = values.map((value) => `[${Array.from({ length: 9 }, () => value).join()}]`);
    const all = [
      ...[...values, ...dates].flatMap((value) => [
        `{"DeactivationDate":${value}}`,
        `{"ProtectStopDate":${value}}`,
        `{"UsageLimits":${value}}`,
      ]),
      ...values.flatMap((value) =>
        values.map(
          (other) => `{"UsageLimits":{"UsageLimitsTotal":${value},"UsageLimitsCount":${other}}}`,
        ),
      ),
    ];
    const { object, owner } = aSymmetricKey();
    await withBare(path, async (bare) => {
      for (const [index, text] of all.entries()) {
        await bare.query(
          `INSERT INTO objects (id, object, attributes, state, owner) VALUES (?, ?, ?, 'Active', ?)`,
          [`odd-${index}`, object, text, owner],
        );
      }
    });
    assert.equal((await sql(path, 'SELECT id FROM objects')).length, all.length);
    await withStore(path, async (store) => {
      await collect(store.findEnding(NOW, { tags: [] }));
      await collect(store.findHalfUsed({ tags: [] }));
    });
  });

  it('are looked up in the indexes, not row by row (EXPLAIN)', async () => {
    const path = await newStorePath(database);
    const statements = await statementsOf(path, async (connection) => {
      await collect(findEnding(connection, JANUARY, { tags: [] }));
      await collect(findHalfUsed(connection, { tags: [] }));
    });
    await insertRows(path, symmetricKeys(3000));
    const [ends, usage] = statements.slice(-2);
    assert.match(await planOf(path, ends ?? ''), /kms_rotation_ends/);
    assert.match(await planOf(path, usage ?? ''), /kms_rotation_usage/);
  });
});

const VALIDITY = { notBefore: JANUARY, notAfter: NOW + 3 * DAY };

function foundBy(
  rule: DeadlineRule,
  { ending, halfUsed, certificates }: Awaited<ReturnType<typeof foundIn>>,
): ReadonlySet<string> {
  if (rule === 'before-certificate-end') return certificates;
  return rule === 'usage-limit' ? halfUsed : ending;
}

/** The uids that the three queries find. */
async function foundIn(path: string, until: number) {
  return withStore(path, async (store) => {
    const uids = (pages: readonly (readonly { readonly id: string }[])[]) =>
      new Set(pages.flat().map(({ id }) => id));
    return {
      ending: uids(await collect(store.findEnding(until, { tags: [] }))),
      halfUsed: uids(await collect(store.findHalfUsed({ tags: [] }))),
      certificates: uids(await collect(store.findActiveCertificates({ tags: [] }))),
    };
  });
}
