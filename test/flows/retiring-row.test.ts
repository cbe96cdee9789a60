// The rows of a replaced object in its overlap, and at its end.
import assert from 'node:assert/strict';
import { retirement } from '../../src/flows/retirement.js';
import { endedRow, restoredRow } from '../../src/flows/retiring-row.js';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import type { Overlap } from '../../src/rotation/retiring-object.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../support/symmetric-keys.js';

const NOW = JANUARY + 40 * DAY;
const END = NOW + 7 * DAY;
const DATED: Overlap = { objectUid: 'key-1', endsAt: END, isDated: true };
const UNDATED: Overlap = { ...DATED, isDated: false };

const KEY = aSymmetricKey({ keyset: true, name: 'payments' });

function begun(row: ObjectRow, overlap: Overlap) {
  const change = retirement(decodeRow(row), 'key-1@1', NOW, overlap);
  assert.equal(change.kind, 'begin-overlap');
  return change;
}

const membersOf = ({ attributes }: ObjectRow) => JSON.parse(attributes) as Record<string, unknown>;
const embeddedIn = ({ object }: ObjectRow) =>
  (JSON.parse(object) as { SymmetricKey: { KeyBlock: { KeyValue: { Attributes: object } } } })
    .SymmetricKey.KeyBlock.KeyValue.Attributes as Record<string, unknown>;

describe('a replaced object in its overlap', () => {
  it('is Active and says that it is replaced, in the column and embedded', () => {
    const { after, retiring } = begun(KEY, DATED);
    assert.equal(after.state, 'Active');
    for (const members of [membersOf(after), embeddedIn(after)]) {
      assert.deepEqual(
        [members['State'], members['RotateInterval'], members['RotateLatest'], members['Name']],
        ['Active', 0, false, undefined],
      );
      assert.deepEqual(members['Link'], [
        { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'key-1@1' },
      ]);
      assert.deepEqual(members['DeactivationDate'], dateOf(END));
    }
    assert.deepEqual(retiring, {
      ...DATED,
      uid: 'key-1',
      replacementUid: 'key-1@1',
      ownEndAt: null,
    });
  });

  it('that may wrap has no Deactivation Date in its row, not even the one that it had', () => {
    const own = aSymmetricKey({}, { DeactivationDate: dateOf(END + DAY) });
    const { after, retiring } = begun(own, UNDATED);
    assert.equal(membersOf(after)['DeactivationDate'], undefined);
    assert.equal(embeddedIn(after)['DeactivationDate'], undefined);
    assert.equal(retiring.ownEndAt, END + DAY);
  });

  it('is none if it is not Active, or has ended: such an object retires at once', () => {
    for (const row of [
      aSymmetricKey({}, {}, { state: 'Compromised' }),
      aSymmetricKey({}, { DeactivationDate: dateOf(NOW) }),
    ]) {
      assert.equal(retirement(decodeRow(row), 'key-1@1', NOW, DATED).kind, 'retire');
    }
  });

  for (const overlap of [DATED, UNDATED]) {
    it(`is put right after a server has written its row back, ${overlap.isDated ? '' : 'not '}dated`, () => {
      const { after, retiring } = begun(KEY, overlap);
      assert.equal(restoredRow(decodeRow(after), retiring, NOW + DAY), null);
      // A server’s update leaves state and owner.
      const back = { ...KEY, state: 'Active' };
      const restored = restoredRow(decodeRow(back), retiring, NOW + DAY);
      assert.deepEqual(restored?.before, back);
      assert.deepEqual(
        { ...membersOf(restored.after), LastChangeDate: dateOf(NOW) },
        membersOf(after),
      );
      assert.deepEqual(
        { ...embeddedIn(restored.after), LastChangeDate: dateOf(NOW) },
        embeddedIn(after),
      );
      assert.equal(restoredRow(decodeRow(restored.after), retiring, NOW + DAY), null);
    });
  }
});

describe('an object whose overlap is over', () => {
  const ended = (overlap: Overlap, state = 'Active', members: Record<string, unknown> = {}) => {
    const { after, retiring } = begun(KEY, overlap);
    const row = {
      ...after,
      state,
      attributes: JSON.stringify({ ...membersOf(after), ...members }),
    };
    const left = endedRow(decodeRow(row), retiring, END + DAY);
    return [left.state, membersOf(left)['State'], membersOf(left)['DeactivationDate']];
  };

  it('is Deactivated, by the end that was announced or, without a date, by now', () => {
    assert.deepEqual(ended(DATED), ['Deactivated', 'Deactivated', dateOf(END)]);
    assert.deepEqual(ended(UNDATED), ['Deactivated', 'Deactivated', dateOf(END + DAY)]);
  });

  it('keeps what a server has made of it', () => {
    const revoked = { DeactivationDate: dateOf(NOW + 5) };
    assert.deepEqual(ended(UNDATED, 'Deactivated', revoked), [
      'Deactivated',
      'Deactivated',
      dateOf(NOW + 5),
    ]);
    assert.equal(ended(DATED, 'Compromised')[0], 'Compromised');
  });
});
