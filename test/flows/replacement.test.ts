// What a replacement takes over from the replaced object where the golden stores do not show it.
import assert from 'node:assert/strict';
import { replacementFor } from '../../src/flows/replacement.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { aRotationContext } from '../support/candidates.js';

const GREAT = '9007199254740993';

describe('Usage Limits of a replacement (KMIP 2.1 §4.64)', () => {
  for (const [what, left, full] of [
    ['a total that a server counted down', { Total: 3, Count: 1000 }, { Total: 1000, Count: 1000 }],
    ['a count that was used up', { Total: 1000, Count: 0 }, { Total: 1000, Count: 1000 }],
    ['a total alone', { Total: 5 }, { Total: 5, Count: 5 }],
  ] as const) {
    it(`are full again: ${what}`, () => {
      assert.deepEqual(usageLimitsAfter(left), membersOf(full));
    });
  }

  it('are full again though they are too great for a double', () => {
    const row = aSymmetricKey({}, { UsageLimits: membersOf({ Total: 1, Count: 7 }) });
    const attributes = row.attributes.replace(
      '"UsageLimitsCount":7',
      `"UsageLimitsCount":${GREAT}`,
    );
    const { UsageLimits } = replacementFor(
      decodeRow({ ...row, attributes }),
      aRotationContext(JANUARY + 40 * DAY),
      '_kk',
    ).attributes;
    const full = { Total: BigInt(GREAT), Count: BigInt(GREAT) };
    assert.deepEqual(UsageLimits, membersOf(full));
  });
});

function usageLimitsAfter(left: Limits): unknown {
  const replaced = decodeRow(aSymmetricKey({}, { UsageLimits: membersOf(left) }));
  return replacementFor(replaced, aRotationContext(JANUARY + 40 * DAY), '_kk').attributes[
    'UsageLimits'
  ];
}

interface Limits {
  readonly Total: number | bigint;
  readonly Count?: number | bigint;
}

function membersOf({ Total, Count }: Limits) {
  return {
    UsageLimitsTotal: Total,
    ...(Count === undefined ? {} : { UsageLimitsCount: Count }),
    UsageLimitsUnit: 'Object',
  };
}

const NOW = JANUARY + 40 * DAY;

describe('the policy of a replacement', () => {
  const policyOf = (members: Record<string, unknown>, disarm: boolean) => {
    const replaced = decodeRow(aSymmetricKey({}, members));
    return replacementFor(replaced, aRotationContext(NOW, { disarm }), '_kk').attributes;
  };

  it('is that of the replaced object, negative offsets too', () => {
    const { RotateInterval, RotateOffset } = policyOf({ RotateOffset: -5 }, false);
    assert.deepEqual([RotateInterval, RotateOffset], [30 * DAY, -5]);
  });

  it('loses interval and offset when it is disarmed, as by a server’s Re-Key by hand', () => {
    const disarmed = policyOf({ RotateOffset: 5 }, true);
    assert.deepEqual([disarmed['RotateInterval'], 'RotateOffset' in disarmed], [0, false]);
  });

  it('does not say which warning a server gave of the replaced object', () => {
    assert.ok(!('RotateLastWarningDays' in policyOf({ RotateLastWarningDays: 7 }, false)));
  });
});
