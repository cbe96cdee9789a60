// Which replaced objects stay Active for a while, and until when.
import assert from 'node:assert/strict';
import { LAST_INSTANT } from '../../src/kmip/date-time.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import { overlapOf } from '../../src/rotation/overlap.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../support/symmetric-keys.js';

const NOW = JANUARY + 40 * DAY;
const WEEK = 7 * DAY;

const aKey = (state = 'Active', end: number | null = null) =>
  decodeRow(aSymmetricKey({}, end === null ? {} : { DeactivationDate: dateOf(end) }, { state }));

const OPTIONS = { now: NOW, overlapSeconds: WEEK, mayWrap: false, certificateEnds: [] };

const endOf = (
  objects: Parameters<typeof overlapOf>[0],
  changes: Partial<Parameters<typeof overlapOf>[1]> = {},
) => overlapOf(objects, { ...OPTIONS, ...changes })?.endsAt ?? null;

describe('an overlap', () => {
  for (const [what, objects, changes, end] of [
    ['ends so long after the rotation', [aKey()], {}, NOW + WEEK],
    ['is none if none is asked for', [aKey()], { overlapSeconds: 0 }, null],
    ['is none for a Deactivated object', [aKey('Deactivated')], {}, null],
    ['is none for a Compromised object', [aKey('Compromised')], {}, null],
    ['is none for an object that ends now', [aKey('Active', NOW)], {}, null],
    ['ends no later than the object itself', [aKey('Active', NOW + DAY)], {}, NOW + DAY],
    [
      'is no longer for an object that ends later',
      [aKey('Active', NOW + WEEK + 1)],
      {},
      NOW + WEEK,
    ],
    ['ends with the first of those replaced', [aKey(), aKey('Active', NOW + 9)], {}, NOW + 9],
    [
      'does not end with one that has ended',
      [aKey(), aKey('Deactivated', NOW - 9)],
      {},
      NOW + WEEK,
    ],
    ['ends with its certificate', [aKey(), aKey()], { certificateEnds: [NOW + 5] }, NOW + 5],
    ['is none if its certificate has ended', [aKey()], { certificateEnds: [NOW] }, null],
    [
      'ends by the last instant that a date can hold',
      [aKey()],
      { overlapSeconds: LAST_INSTANT },
      LAST_INSTANT,
    ],
  ] as const) {
    it(what, () => {
      assert.equal(endOf(objects, changes), end);
    });
  }

  it('is in the rows as a date only if nothing of it may wrap', () => {
    assert.equal(overlapOf([aKey()], OPTIONS)?.isDated, true);
    assert.equal(overlapOf([aKey()], { ...OPTIONS, mayWrap: true })?.isDated, false);
  });
});
