// What is amiss with a key, by what is known of it.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import {
  shortcomingsOf,
  type ComplianceFacts,
  type ShortcomingName,
} from '../../src/rotation/compliance.js';
import type { Judgement } from '../../src/rotation/verdict.js';

const NOW = 1_800_000_000;
const DUE: Judgement = {
  verdict: 'due',
  deadline: { at: NOW - 1, rule: 'rotate-date+interval' },
  obstacle: null,
};
const UNREADABLE = new KmsError('MalformedObject', 'it is no DER sequence');
const FINE: Judgement = { ...DUE, verdict: 'not-due' };

function found(changes: Partial<ComplianceFacts>) {
  const facts = {
    uid: 'k',
    judgement: FINE,
    failures: { count: 0, lastReason: null },
    orphan: null,
    notAfter: null,
    unreadable: null,
    strengthBits: 128,
    ...changes,
  };
  return shortcomingsOf(facts, { now: NOW, minimumStrengthBits: 112 });
}

const names = (changes: Partial<ComplianceFacts>) => found(changes).map(({ name }) => name);

describe('what is amiss with a key', () => {
  it('is nothing if it is strong, scheduled and not due', () => {
    assert.deepEqual(found({}), []);
    assert.deepEqual(found({ strengthBits: null, notAfter: NOW + 1 }), []);
  });

  for (const [changes, expected] of [
    [{ judgement: DUE }, ['overdue']],
    [{ judgement: { ...DUE, verdict: 'unsupported' } }, ['overdue']],
    [
      { judgement: DUE, failures: { count: 3, lastReason: 'ConcurrentChange' } },
      ['failed', 'overdue'],
    ],
    [{ failures: { count: 3, lastReason: null } }, []],
    [{ judgement: { ...DUE, verdict: 'undecidable', deadline: null } }, ['undecidable']],
    [{ judgement: { ...FINE, verdict: 'not-armed', deadline: null } }, ['no-policy']],
    [{ judgement: { ...FINE, verdict: 'opted-out', deadline: null } }, ['opted-out']],
    [{ strengthBits: 111 }, ['weak']],
    [{ strengthBits: 112 }, []],
    [{ notAfter: NOW }, ['expired']],
    [{ orphan: { under: 'kek', error: null } }, ['orphaned']],
    [{ orphan: { under: 'kek', error: UNREADABLE } }, ['orphaned']],
    [{ unreadable: UNREADABLE }, ['unreadable']],
    [{ unreadable: UNREADABLE, judgement: DUE }, ['unreadable', 'overdue']],
    [
      {
        unreadable: UNREADABLE,
        judgement: { ...DUE, verdict: 'undecidable', obstacle: UNREADABLE },
      },
      ['undecidable'],
    ],
    [
      { orphan: { under: 'kek', error: null }, judgement: DUE, strengthBits: 0, notAfter: NOW },
      ['orphaned', 'expired', 'overdue', 'weak'],
    ],
  ] as readonly (readonly [Partial<ComplianceFacts>, readonly ShortcomingName[]])[]) {
    it(`is ${expected.join(', ') || 'nothing'} for ${JSON.stringify(changes)}`, () => {
      assert.deepEqual(names(changes), expected);
    });
  }

  it('tells why it could not be done, and how often', () => {
    const obstacle = new KmsError('Unsupported', 'nobody makes it');
    const [failed, overdue] = found({
      judgement: { ...DUE, verdict: 'unsupported', obstacle },
      failures: { count: 1, lastReason: 'Unsupported' },
    });
    assert.match(failed?.detail ?? '', /^once, last for Unsupported/);
    assert.match(overdue?.detail ?? '', /nobody makes it/);
  });
});
