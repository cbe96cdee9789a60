import assert from 'node:assert/strict';
import type { ComplianceReport } from '../../../src/views/compliance/compliance-report.js';
import { complianceHeadline, REMEDIES } from '../../../src/views/compliance/compliance-words.js';
import { VIOLATIONS } from '../../../src/rotation/compliance.js';

/** A report on keys with so many violations each. */
const reportOn = (...counts: readonly number[]) =>
  ({
    keys: counts.map((count) => ({
      violations: VIOLATIONS.slice(0, count).map((name) => ({ name, detail: '' })),
    })),
  }) as unknown as ComplianceReport;

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
      assert.equal(complianceHeadline(reportOn(...keys)), headline);
    });
  }

  it('name commands that exist in what to do', () => {
    const commands = Object.values(REMEDIES).flatMap((text) => text.match(/kms [a-z]+( [a-z]+)?/g));
    const known = ['rotate due', 'rotate key', 'history', 'policy set', 'policy clear'];
    for (const command of commands) {
      if (command === null) continue;
      assert.ok(
        known.some((name) => command.startsWith(`kms ${name}`)),
        command,
      );
    }
  });
});
