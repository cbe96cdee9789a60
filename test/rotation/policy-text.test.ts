// What our log says of a policy is what it was told.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  policyChangeMessage,
  policyMessage,
  scheduleInLog,
  type PolicyView,
} from '../../src/rotation/policy-text.js';

const policies = fc.record<PolicyView>({
  intervalSeconds: fc.option(fc.integer({ min: 0, max: 1e9 })),
  offsetSeconds: fc.option(fc.integer({ min: -1e9, max: 1e9 })),
  automatic: fc.option(fc.boolean()),
  keyset: fc.option(fc.constantFrom('a', 'offset 3d', 'policy: 4d -> 5d', 'a\nb')),
});

describe('policyText', () => {
  it('is read back from an entry of the log, that of a change by what came after', () => {
    fc.assert(
      fc.property(policies, policies, (before, after) => {
        const { intervalSeconds, offsetSeconds } = after;
        const said = { intervalSeconds: intervalSeconds ?? 0, offsetSeconds };
        const given = { outcome: 'rotated', message: policyMessage(after) };
        assert.deepEqual(scheduleInLog(given), said);
        const isAmbiguous = [before, after].some(({ keyset }) => keyset?.includes(' -> '));
        const changed = { outcome: 'policy', message: policyChangeMessage(before, after) };
        assert.deepEqual(scheduleInLog(changed), isAmbiguous ? null : said);
      }),
    );
  });

  for (const message of [null, '', 'policy', 'policy: soon', 'policy: 99999y', 'from "a" to "b"']) {
    it(`is not in the message ${JSON.stringify(message)}`, () => {
      assert.equal(scheduleInLog({ outcome: 'rotated', message }), null);
    });
  }
});
