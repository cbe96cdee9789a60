// What becomes of a replaced object where the golden stores do not show it.
import assert from 'node:assert/strict';
import { JANUARY, DAY, aSymmetricKey, dateOf } from '../support/symmetric-keys.js';
import { retirement, noticesOfReplaced } from '../../src/flows/retirement.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import { aCertificate } from '../support/dated-certificates.js';

const NOW = JANUARY + 40 * DAY;

describe('a replaced object', () => {
  const retired = (row: ReturnType<typeof aSymmetricKey>) =>
    JSON.parse(retirement(decodeRow(row), 'key-2', NOW).after.attributes) as Record<
      string,
      unknown
    >;

  it('ends now, or when it had ended by its own date though its state was Active', () => {
    for (const [own, end] of [
      [null, NOW],
      [NOW + 1, NOW],
      [NOW, NOW],
      [NOW - DAY, NOW - DAY],
    ] as const) {
      const row = aSymmetricKey({}, { DeactivationDate: own === null ? null : dateOf(own) });
      assert.deepEqual(retired(row)['DeactivationDate'], dateOf(end));
    }
  });

  it('that had ended is named in a notice', () => {
    const notices = (end: number, state: string) =>
      noticesOfReplaced(
        decodeRow(aSymmetricKey({}, { DeactivationDate: dateOf(end) }, { state })),
        NOW,
      );
    assert.deepEqual(notices(NOW + 1, 'Active'), []);
    assert.deepEqual(notices(NOW - DAY, 'Deactivated'), []);
    assert.match(notices(NOW - DAY, 'Active').join(), /^"key-1" ended at 2026-02-18T08:00:00Z/);
  });

  it('has no flags of a keyset if it is a certificate that had none (storage format §6.11)', () => {
    const flags = (members: Record<string, unknown>) => {
      const { RotateGeneration, RotateLatest } = retired(aCertificate({ members }));
      return [RotateGeneration, RotateLatest];
    };
    assert.deepEqual(flags({}), [undefined, undefined]);
    assert.deepEqual(flags({ RotateGeneration: 2, RotateLatest: true }), [2, false]);
    assert.deepEqual(flags({ RotateName: 'set' }), [0, false]);
  });
});
