// Guards of a rotation on request, each with its reason; the state in which a replaced object ends; and
// dates that lie ahead, moved to the replacement (design §3.2, storage format §6.3).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import type { State } from '../../src/kmip/vocabulary.js';
import type { KeysetMember } from '../../src/rotation/keyset.js';
import {
  assertLatestOfKeyset,
  assertMayBeRotated,
  datesOfReplacement,
  stateOfReplaced,
} from '../../src/rotation/lifecycle.js';
import type { RotationCandidate } from '../../src/rotation/candidate.js';
import { aCandidate } from '../support/candidates.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../support/symmetric-keys.js';

const NOW = JANUARY + 40 * DAY;

function candidateOf(row: ObjectRow, changes: Partial<RotationCandidate> = {}) {
  return { object: decodeRow(row), candidate: aCandidate(row, changes) };
}

describe('lifecycle', () => {
  describe('assertMayBeRotated', () => {
    const check = (row: ObjectRow, changes: Partial<RotationCandidate> = {}) => {
      const { object, candidate } = candidateOf(row, changes);
      assertMayBeRotated(object, candidate);
    };

    for (const state of ['Active', 'Deactivated', 'Compromised']) {
      it(`lets an object that is ${state} pass, armed or not`, () => {
        check(aSymmetricKey({}, {}, { state }));
        check(aSymmetricKey({ intervalSeconds: null }, {}, { state }));
      });
    }

    for (const state of ['PreActive', 'Destroyed', 'Destroyed_Compromised']) {
      it(`refuses one that is ${state}: WrongState`, () => {
        assert.throws(check.bind(null, aSymmetricKey({}, { State: 'Active' }, { state })), {
          reason: 'WrongState',
          uid: 'key-1',
          message: new RegExp(`is ${state}`),
        });
      });
    }

    const publicKey: ObjectRow = {
      ...aSymmetricKey(),
      object: '{"PublicKey":{"KeyBlock":{"KeyFormatType":"Raw","KeyValue":{"KeyMaterial":[1]}}}}',
      attributes: '{}',
    };
    const refusals: [reason: string, row: ObjectRow, changes?: Partial<RotationCandidate>][] = [
      ['HsmResident', aSymmetricKey({}, {}, { id: 'hsm::0::key' })],
      ['HsmResident', aSymmetricKey({}, {}, { wrappingKeyId: 'hsm::0::kek' })],
      ['PublicKey', publicKey],
      ['AlreadyReplaced', aSymmetricKey(), { replacedBy: 'key-2' }],
    ];
    for (const [reason, row, changes] of refusals) {
      it(`refuses ${row.id} under ${row.wrappingKeyId ?? 'nothing'}: ${reason}`, () => {
        assert.throws(check.bind(null, row, changes), { reason, uid: row.id });
      });
    }
  });

  describe('assertLatestOfKeyset', () => {
    const member = (generation: number, owner = 'ops'): KeysetMember => ({
      uid: generation === 0 ? 'ks' : `ks@${generation}`,
      owner,
      generation,
      state: 'Active',
      protectsUntil: null,
    });
    const check = (
      generation: number | null,
      changes: Partial<RotationCandidate>,
      reason: 'NotLatestOfKeyset' | 'KeysetConflict' = 'NotLatestOfKeyset',
    ) => {
      const members = generation === null ? {} : { RotateGeneration: generation };
      const row = aSymmetricKey(
        { uid: 'ks', keyset: true },
        { RotateGeneration: null, ...members },
      );
      const { object, candidate } = candidateOf(row, changes);
      assertLatestOfKeyset(object, candidate, reason);
    };

    it('lets the latest generation pass, and one without a number where it is alone', () => {
      check(2, { keyset: [member(0), { ...member(2), uid: 'ks' }, member(1)] });
      check(null, { keyset: [member(0)] });
    });

    it('asks nothing of an object without a Rotate Name', () => {
      const { object, candidate } = candidateOf(aSymmetricKey(), { nextUidTaken: true });
      assert.doesNotThrow(() => {
        assertLatestOfKeyset(object, candidate, 'KeysetConflict');
      });
    });

    for (const reason of ['NotLatestOfKeyset', 'KeysetConflict'] as const) {
      it(`refuses a generation that has a later one: ${reason}`, () => {
        for (const generation of [null, 0, 1]) {
          assert.throws(
            check.bind(null, generation, { keyset: [member(0), member(1), member(2)] }, reason),
            { reason, uid: 'ks', message: /"ks@2"/ },
          );
        }
      });

      it(`refuses the latest where the next uid is taken: KeysetConflict, were it ${reason} or not`, () => {
        assert.throws(check.bind(null, 0, { keyset: [member(0)], nextUidTaken: true }, reason), {
          reason: 'KeysetConflict',
          uid: 'ks',
        });
      });
    }

    it('refuses a keyset of two owners: AmbiguousKeyset', () => {
      assert.throws(check.bind(null, 1, { keyset: [member(0, 'bob'), member(1)] }), {
        reason: 'AmbiguousKeyset',
      });
    });
  });

  it('a replaced object ends Deactivated, a Compromised one keeps that mark', () => {
    const states: [State, State][] = [
      ['Active', 'Deactivated'],
      ['Deactivated', 'Deactivated'],
      ['Compromised', 'Compromised'],
    ];
    for (const [before, after] of states) assert.equal(stateOfReplaced(before), after);
  });

  describe('datesOfReplacement', () => {
    const MEMBERS = ['DeactivationDate', 'ProcessStartDate', 'ProtectStopDate'] as const;
    const dates = (members: Record<string, unknown>, state = 'Active') =>
      datesOfReplacement(decodeRow(aSymmetricKey({}, members, { state })), NOW);

    for (const member of MEMBERS) {
      it(`moves a ${member} that is in the future by the distance between the Activation Dates`, () => {
        const moved = dates({
          ActivationDate: dateOf(JANUARY + 10 * DAY),
          [member]: dateOf(NOW + 5),
        });
        const others = Object.fromEntries(MEMBERS.map((name) => [name, undefined]));
        assert.deepEqual(moved, { ...others, [member]: NOW + 5 + 30 * DAY });
      });

      it(`leaves out a ${member} that is past, or that is now`, () => {
        for (const date of [NOW, NOW - 1]) {
          assert.equal(dates({ [member]: dateOf(date) })[member], undefined);
        }
        assert.notEqual(dates({ [member]: dateOf(NOW + 1) })[member], undefined);
      });

      it(`moves no ${member} back, where the Activation Date is in the future`, () => {
        for (const ahead of [dateOf(NOW + 10 * DAY), [9999, 1, 0, 0, 0, 0, 0, 0, 0]]) {
          const moved = dates({ ActivationDate: ahead, [member]: dateOf(NOW + DAY) });
          assert.equal(moved[member], NOW + DAY);
        }
      });

      it(`leaves out a ${member} of an object that is not Active`, () => {
        for (const state of ['Deactivated', 'Compromised']) {
          assert.equal(dates({ [member]: dateOf(NOW + DAY) }, state)[member], undefined);
        }
      });
    }

    it('measures from the Initial Date where there is no Activation Date, and not at all without', () => {
      const ahead = { ActivationDate: null, ProtectStopDate: dateOf(NOW + DAY) };
      assert.equal(dates(ahead).ProtectStopDate, NOW + DAY + 40 * DAY);
      assert.equal(dates({ ...ahead, InitialDate: null }).ProtectStopDate, undefined);
    });

    it('keeps the span from activation to each date, to the second', () => {
      const ahead = fc.integer({ min: 1, max: 1_000_000_000 });
      fc.assert(
        fc.property(fc.nat(1_000_000_000), ahead, ahead, (age, stop, end) => {
          const activation = NOW - age;
          const moved = dates({
            ActivationDate: dateOf(activation),
            ProtectStopDate: dateOf(NOW + stop),
            DeactivationDate: dateOf(NOW + end),
          });
          assert.equal(moved.ProtectStopDate, NOW + (NOW + stop - activation));
          assert.equal(moved.DeactivationDate, NOW + (NOW + end - activation));
        }),
      );
    });
  });
});
