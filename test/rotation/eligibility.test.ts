// Every eligibility, by hand; and that `due` means what it says: the rotation it promises can be prepared,
// and what comes of it is due again at its next deadline and no second before.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KmsError } from '../../src/errors.js';
import { prepareRotation } from '../../src/flows/prepare-rotation.js';
import { unsupportedReason } from '../../src/flows/unsupported-reason.js';
import type { JsonObject } from '../../src/kmip/json.js';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { FIRST_DEADLINE_RULES, type FirstDeadlineRule } from '../../src/rotation/deadline.js';
import type { RotationCandidate } from '../../src/rotation/candidate.js';
import {
  yieldsResult,
  evaluate,
  evaluateSchedule,
  isDueWithin,
  type Eligibility,
} from '../../src/rotation/eligibility.js';
import type { HsmRule } from '../../src/rotation/exclusion.js';
import { aRotationContext, aCandidate } from '../support/candidates.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../support/symmetric-keys.js';

const DEADLINE = JANUARY + 30 * DAY;
const WEEK = 7 * DAY;

const evaluated = (
  candidate: RotationCandidate,
  now = DEADLINE,
  firstDeadline: FirstDeadlineRule = 'offset',
) => evaluate(candidate, { now, withinSeconds: WEEK, firstDeadline }, unsupportedReason(candidate));

const contextAt = (now: number, firstDeadline: FirstDeadlineRule = 'offset') =>
  aRotationContext(now, { firstDeadline, newUid: () => 'replacement' });

const malformedMaterial = (): ObjectRow => {
  const row = aSymmetricKey();
  return { ...row, object: row.object.replace(/\{"Key":\[[^\]]*\]\}/, '"0102"') };
};

describe('evaluate', () => {
  describe('gives each eligibility', () => {
    const key = (members: JsonObject = {}, row: Partial<ObjectRow> = {}) =>
      aCandidate({ ...aSymmetricKey({}, members), ...row });
    const camellia = aSymmetricKey().object.replaceAll('"AES"', '"Camellia"');
    for (const [eligibility, title, candidate, now] of [
      ['due', 'at the second of its deadline', key()],
      ['due', 'with offset 0, at once', key({ RotateOffset: 0 }), JANUARY],
      ['due', 'with a negative offset', key({ RotateOffset: -1 }), JANUARY],
      ['upcoming', 'a second before', key(), DEADLINE - 1],
      ['upcoming', 'a negative offset', key({ RotateOffset: -DAY }), JANUARY - DAY - 1],
      ['upcoming', 'as far ahead as is asked for', key(), DEADLINE - WEEK],
      ['upcoming', 'what is unsupported', key({}, { object: camellia }), DEADLINE - 1],
      ['not-due', 'a second further', key(), DEADLINE - WEEK - 1],
      ['not-armed', 'interval 0', key({ RotateInterval: 0 })],
      ['not-armed', 'no interval', key({ RotateInterval: null })],
      ['opted-out', 'automatic false', key({ RotateAutomatic: false })],
      ['not-active', 'PreActive', key({}, { state: 'PreActive' })],
      ['not-active', 'Compromised', key({}, { state: 'Compromised' })],
      ['not-active', 'malformed, but Deactivated', key({}, { object: '{', state: 'Deactivated' })],
      ['hsm-resident', 'its uid', key({}, { id: 'hsm::0::k' })],
      ['hsm-resident', 'its wrapping key', key({}, { wrappingKeyId: 'hsm::0::kek' })],
      [
        'public-key',
        'even with a policy',
        key({ ObjectType: 'PublicKey' }, { object: '{"PublicKey":{}}' }),
      ],
      ['already-replaced', 'by a row', { ...key(), replacedBy: 'key-2' }],
      ['unsupported', 'an algorithm that we cannot make', key({}, { object: camellia })],
      [
        'unsupported',
        'secret data',
        key({ ObjectType: 'SecretData' }, { object: '{"SecretData":{}}' }),
      ],
      ['undecidable', 'no date', key({ InitialDate: null })],
      ['undecidable', 'interval text', key({ RotateInterval: '30d' })],
      ['undecidable', 'interval of ages', key({ RotateInterval: 2 ** 52 })],
      ['undecidable', 'a wrong date', key({ RotateDate: '2026' })],
      ['undecidable', 'due, but malformed', key({ UsageLimits: 7 })],
      ['undecidable', 'no JSON', key({}, { attributes: '{' })],
      ['undecidable', 'due, but its object is no JSON', key({}, { object: '{' })],
      ['undecidable', 'due, but its material is no array', key({}, malformedMaterial())],
    ] as readonly (readonly [Eligibility, string, RotationCandidate, number?])[]) {
      it(`${eligibility}: ${title}`, () => {
        const evaluation = evaluated(candidate, now);
        assert.equal(evaluation.eligibility, eligibility);
        const failure = ['unsupported', 'undecidable', 'hsm-resident'].includes(eligibility);
        assert.equal(evaluation.failure !== null, failure);
        assert.equal(yieldsResult(evaluation), failure || eligibility === 'due');
        if (failure) assert.equal(evaluation.failure?.uid, candidate.row.id);
      });
    }
  });

  it('a due key whose block has no value, which the server accepts, fails alone (§2.6)', () => {
    const object = '{"SymmetricKey":{"KeyBlock":{"KeyFormatType":"Raw"}}}';
    const { eligibility, failure } = evaluated(aCandidate({ ...aSymmetricKey(), object }));
    assert.ok(eligibility === 'unsupported' || eligibility === 'undecidable', eligibility);
    assert.equal(failure?.uid, 'key-1');
  });

  it('first_deadline decides when a never-rotated object with an offset is due', () => {
    const candidate = aCandidate(aSymmetricKey({ offsetSeconds: DAY }));
    assert.equal(evaluated(candidate, JANUARY + DAY, 'offset').eligibility, 'due');
    assert.equal(
      evaluated(candidate, JANUARY + 31 * DAY - 1, 'offset+interval').eligibility,
      'upcoming',
    );
    assert.equal(evaluated(candidate, JANUARY + 31 * DAY, 'offset+interval').eligibility, 'due');
  });

  it('evaluateSchedule looks at the policy alone, and tells which rule made the deadline', () => {
    const row = aSymmetricKey({}, { Name: 'malformed', RotateDate: dateOf(JANUARY + DAY) });
    const terms = { now: DEADLINE, withinSeconds: 2 * DAY, firstDeadline: 'offset' as const };
    assert.deepEqual(evaluateSchedule(row, terms), {
      eligibility: 'upcoming',
      deadline: { at: DEADLINE + DAY, rule: 'rotate-date+interval' },
      failure: null,
    });
  });

  describe('what a hardware security module keeps', () => {
    const kept = (attributes: JsonObject = {}, columns: Partial<ObjectRow> = {}) =>
      aCandidate(aSymmetricKey({}, attributes, { wrappingKeyId: 'hsm::0::kek', ...columns }));
    const on = (candidate: RotationCandidate, hsm: HsmRule, now = DEADLINE) => {
      const options = { now, withinSeconds: WEEK, firstDeadline: 'offset', hsm } as const;
      const evaluation = evaluate(candidate, options, null);
      const reason = evaluation.failure?.reason ?? null;
      return [evaluation.eligibility, reason, isDueWithin(evaluation, options)];
    };

    it('fails once it is overdue, and comes up before that, unless it is left to others', () => {
      assert.deepEqual(on(kept(), 'fail'), ['hsm-resident', 'HsmResident', true]);
      assert.deepEqual(on(kept(), 'leave'), ['hsm-resident', null, false]);
      assert.deepEqual(on(kept(), 'fail', DEADLINE - 1), ['hsm-resident', null, true]);
      assert.deepEqual(on(kept(), 'fail', DEADLINE - WEEK - 1), ['hsm-resident', null, false]);
      assert.deepEqual(on(kept(), 'leave', DEADLINE - 1), ['hsm-resident', null, false]);
    });

    it('is due if the server is asked, and fails or is left for what it is not asked', () => {
      assert.deepEqual(on(kept(), 'ask'), ['due', null, true]);
      assert.deepEqual(on(kept(), 'ask-or-leave'), ['due', null, true]);
      assert.deepEqual(on(kept(), 'ask', DEADLINE - 1), ['upcoming', null, true]);
      const wrapping = { ...kept(), dependants: 2 };
      assert.deepEqual(on(wrapping, 'ask'), ['hsm-resident', 'DependantsBehindHsm', true]);
      assert.deepEqual(on(wrapping, 'ask-or-leave'), ['hsm-resident', null, false]);
      assert.deepEqual(on(kept({}, { state: 'Deactivated' }), 'ask')[1], null);
    });

    it('does not fail if it has opted out, has no policy, is not Active or is replaced', () => {
      const quiet = (candidate: RotationCandidate) => on(candidate, 'fail').slice(1);
      const replaced = { ...kept(), replacedBy: 'key-2' };
      for (const candidate of [
        kept({ RotateAutomatic: false }),
        kept({ RotateInterval: 0 }),
        kept({}, { state: 'Deactivated' }),
        replaced,
      ]) {
        assert.deepEqual(quiet(candidate), [null, false]);
      }
    });

    it('is undecidable without a date that a deadline could be computed from', () => {
      const undated = kept({ InitialDate: null });
      assert.deepEqual(on(undated, 'fail'), ['undecidable', 'Undecidable', true]);
      assert.deepEqual(on(undated, 'leave'), ['hsm-resident', null, false]);
    });
  });

  describe('due, and only then, a rotation can be prepared', () => {
    /** Says whether a flow would take a candidate, whatever its deadline. */
    const canBePrepared = async (candidate: RotationCandidate, now: number) => {
      try {
        await prepareRotation(candidate, contextAt(now));
        return true;
      } catch (error) {
        if (!(error instanceof KmsError)) throw error;
        assert.ok(['Unsupported', 'MalformedObject'].includes(error.reason), error.message);
        return false;
      }
    };

    it('whatever the algorithm, length, form and dates', async () => {
      const cases = fc.record({
        bits: fc.constantFrom(128, 192, 256),
        algorithm: fc.constantFrom('AES', 'ChaCha20', 'SHA3256', 'HMACSHA256', 'Camellia', 'RSA'),
        format: fc.constantFrom('Raw', 'TransparentSymmetricKey', 'PKCS8'),
        usageMask: fc.constantFrom(12, undefined, 'all'),
        offsetSeconds: fc.option(fc.nat(60 * DAY)),
        age: fc.nat(60 * DAY),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ bits, algorithm, format, ...rest }) => {
          const { offsetSeconds, usageMask, age } = rest;
          const made = aSymmetricKey(
            { lengthBits: bits, offsetSeconds },
            { CryptographicUsageMask: usageMask },
          );
          const object = made.object
            .replaceAll('"TransparentSymmetricKey"', JSON.stringify(format))
            .replaceAll('"AES"', JSON.stringify(algorithm));
          const candidate = aCandidate({ ...made, object });
          const now = JANUARY + age;
          const scheduled = age >= (offsetSeconds ?? 30 * DAY);
          const due = evaluated(candidate, now).eligibility === 'due';
          assert.equal(due, scheduled && (await canBePrepared(candidate, now)));
        }),
        { numRuns: 500 },
      );
    });

    it('tries one whose replacement would have a uid that no row can hold, and refuses it by name', async () => {
      const row = aSymmetricKey({ uid: 'k'.repeat(128), keyset: true });
      const candidate = aCandidate(row);
      assert.equal(evaluated(candidate).eligibility, 'due');
      await assert.rejects(
        prepareRotation(candidate, contextAt(DEADLINE)),
        (error) =>
          error instanceof KmsError && error.reason === 'Unsupported' && error.uid === row.id,
      );
    });
  });

  it('what a rotation makes is due at its next deadline, and no second before', async () => {
    const policy = fc.record({
      intervalSeconds: fc.integer({ min: 1, max: 400 * DAY }),
      offsetSeconds: fc.option(fc.nat(400 * DAY)),
      keyset: fc.boolean(),
      late: fc.nat(400 * DAY),
      firstDeadline: fc.constantFrom(...FIRST_DEADLINE_RULES),
    });
    await fc.assert(
      fc.asyncProperty(
        policy,
        async ({ intervalSeconds, offsetSeconds, keyset, late, firstDeadline }) => {
          const row = aSymmetricKey({ intervalSeconds, offsetSeconds, keyset });
          const candidate = aCandidate(row);
          const first = evaluated(candidate, JANUARY, firstDeadline).deadline!.at!;
          const rotation = await prepareRotation(candidate, contextAt(first + late, firstDeadline));
          assert.equal(rotation.nextDeadline, first + late + intervalSeconds);
          const [created, replaced] = rotation.changes;
          assert.ok(created?.kind === 'create' && replaced?.kind === 'retire');
          const replacement = aCandidate(created.row);
          const next = rotation.nextDeadline;
          assert.notEqual(evaluated(replacement, next - 1, firstDeadline).eligibility, 'due');
          assert.equal(evaluated(replacement, next, firstDeadline).eligibility, 'due');
          const retired = aCandidate(replaced.after);
          assert.equal(evaluated(retired, next, firstDeadline).eligibility, 'not-active');
        },
      ),
    );
  });
});
