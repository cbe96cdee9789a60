// What is wrong with a key, by what is known of it.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import {
  violationsOf,
  type ComplianceInput,
  type ViolationName,
} from '../../src/rotation/compliance.js';
import type { Evaluation } from '../../src/rotation/eligibility.js';

const NOW = 1_800_000_000;
const DUE: Evaluation = {
  eligibility: 'due',
  deadline: { at: NOW - 1, rule: 'rotate-date+interval' },
  failure: null,
};
const UNREADABLE = new KmsError('MalformedObject', 'it is not a DER sequence');
const FINE: Evaluation = { ...DUE, eligibility: 'not-due' };

function found(changes: Partial<ComplianceInput>) {
  const input = {
    uid: 'k',
    evaluation: FINE,
    failures: { count: 0, lastReason: null },
    staleDependant: null,
    notAfter: null,
    certificates: [],
    dates: [],
    unfinishedOf: null,
    unreadable: null,
    strengthBits: 128,
    periods: null,
    ...changes,
  };
  return violationsOf(input, { now: NOW, minimumStrengthBits: 112, maxIntervalSeconds: 100 });
}

const names = (changes: Partial<ComplianceInput>) => found(changes).map(({ name }) => name);

describe('what is wrong with a key', () => {
  it('is not that the key of a certificate in use has no policy: with one it could not be rotated', () => {
    const evaluation: Evaluation = { eligibility: 'not-armed', deadline: null, failure: null };
    assert.deepEqual(names({ evaluation }), ['no-policy']);
    assert.deepEqual(names({ evaluation, certificates: ['www'] }), []);
  });

  it('is nothing if it is strong, scheduled and not due', () => {
    assert.deepEqual(found({}), []);
    assert.deepEqual(found({ strengthBits: null, notAfter: NOW + 1 }), []);
  });

  for (const [changes, expected] of [
    [{ evaluation: DUE }, ['overdue']],
    [{ evaluation: { ...DUE, eligibility: 'unsupported' } }, ['overdue']],
    [
      { evaluation: DUE, failures: { count: 3, lastReason: 'ConcurrentChange' } },
      ['failed', 'overdue'],
    ],
    [{ failures: { count: 3, lastReason: null } }, []],
    [{ evaluation: { ...DUE, eligibility: 'undecidable', deadline: null } }, ['undecidable']],
    [{ evaluation: { ...FINE, eligibility: 'not-armed', deadline: null } }, ['no-policy']],
    [{ evaluation: { ...FINE, eligibility: 'opted-out', deadline: null } }, ['opted-out']],
    [{ strengthBits: 111 }, ['weak']],
    [{ strengthBits: 112 }, []],
    [{ periods: { intervalSeconds: 100, firstSeconds: 100 } }, []],
    [{ periods: { intervalSeconds: 101, firstSeconds: null } }, ['over-max-interval']],
    [{ periods: { intervalSeconds: 1, firstSeconds: 101 } }, ['over-max-interval']],
    [{ notAfter: NOW }, ['expired']],
    [
      {
        evaluation: DUE,
        dates: [
          { name: 'ended', detail: 'ended' },
          { name: 'future-date', detail: 'ahead' },
        ],
      },
      ['ended', 'overdue', 'future-date'],
    ],
    [
      { notAfter: NOW, dates: [{ name: 'no-usable-generation', detail: 'the latest ended' }] },
      ['no-usable-generation'],
    ],
    [{ dates: [{ name: 'interval-too-long', detail: 'renewed before its end' }] }, []],
    [{ staleDependant: { under: 'kek', error: null } }, ['orphaned']],
    [{ staleDependant: { under: 'kek', error: UNREADABLE } }, ['orphaned']],
    [{ unreadable: UNREADABLE }, ['unreadable']],
    [{ unreadable: UNREADABLE, evaluation: DUE }, ['unreadable', 'overdue']],
    [
      {
        unreadable: UNREADABLE,
        evaluation: { ...DUE, eligibility: 'undecidable', failure: UNREADABLE },
      },
      ['undecidable'],
    ],
    [
      {
        staleDependant: { under: 'kek', error: null },
        evaluation: DUE,
        strengthBits: 0,
        notAfter: NOW,
      },
      ['orphaned', 'expired', 'overdue', 'weak'],
    ],
  ] as readonly (readonly [Partial<ComplianceInput>, readonly ViolationName[]])[]) {
    it(`is ${expected.join(', ') || 'nothing'} for ${JSON.stringify(changes)}`, () => {
      assert.deepEqual(names(changes), expected);
    });
  }

  it('tells why it could not be done, and how often', () => {
    const failure = new KmsError('Unsupported', 'nobody makes it');
    const [failed, overdue] = found({
      evaluation: { ...DUE, eligibility: 'unsupported', failure },
      failures: { count: 1, lastReason: 'Unsupported' },
    });
    assert.match(failed?.detail ?? '', /^once, last for Unsupported/);
    assert.match(overdue?.detail ?? '', /nobody makes it/);
  });
});
