import assert from 'node:assert/strict';
import {
  countsOf,
  type ComplianceReport,
  type ReportedKey,
} from '../../../src/views/compliance/compliance-report.js';
import {
  complianceHeadline,
  complianceSummary,
} from '../../../src/views/compliance/compliance-words.js';
import { VIOLATIONS } from '../../../src/rotation/compliance.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';

/** A report on keys with so many violations each. */
const reportOn = (...counts: readonly number[]) => {
  const keys = counts.map((count) => ({
    violations: VIOLATIONS.slice(0, count).map((name) => ({ name, detail: '' })),
  }));
  return { counts: countsOf(keys as unknown as readonly ReportedKey[]) };
};

describe('the words of a compliance report', () => {
  for (const [keys, headline] of [
    [[], 'There is no key that could be rotated.'],
    [[0], 'The one key complies.'],
    [[0, 0, 0], 'All 3 keys comply.'],
    [[0, 2, 0], '1 of 3 keys does not comply:'],
    [[1, 0, 2], '2 of 3 keys do not comply:'],
    [[1], '1 of 1 keys does not comply:'],
  ] as const) {
    it(`count keys, not violations: "${headline}"`, () => {
      assert.equal(complianceHeadline(reportOn(...keys), false), headline);
    });
  }

  for (const [keys, headline] of [
    [[], 'There is no key that could be rotated and that matches the filters.'],
    [[0], 'The one key that matches the filters complies.'],
    [[0, 0, 0], 'The 3 keys that match the filters comply.'],
    [[0, 2, 0], '1 of 3 keys that match the filters does not comply:'],
  ] as const) {
    it(`never claim all where filters leave keys out: "${headline}"`, () => {
      assert.equal(complianceHeadline(reportOn(...keys), true), headline);
    });
  }

  for (const [deadlines, ends, summary] of [
    [[], [], 'No rotation is overdue. No rotation is ahead.'],
    [[-3], [], '1 rotation is overdue, for 3 d. No rotation is ahead.'],
    [[-3, 0, -9], [], '3 rotations are overdue, the longest for 9 d. No rotation is ahead.'],
    [[40, 35], [40], 'No rotation is overdue. The next rotation is due on 2026-02-14.'],
    [
      [3, 30, 31],
      [-1, 30],
      'No rotation is overdue. The next rotation is due on 2026-01-13, and 2 are due within 30 days. 1 certificate ends within 30 days.',
    ],
    [
      [],
      [1, 2],
      'No rotation is overdue. No rotation is ahead. 2 certificates end within 30 days.',
    ],
  ] as const) {
    it(`tell somebody in a hurry: "${summary}"`, () => {
      const at = (days: number) => JANUARY + days * DAY;
      const keys = [
        ...deadlines.map((days) => ({ deadline: at(days), notAfter: null })),
        ...ends.map((days) => ({ deadline: null, notAfter: at(days) })),
      ];
      const report = { now: JANUARY, keys } as unknown as ComplianceReport;
      assert.equal(complianceSummary(report).join(' '), summary);
    });
  }
});
