// A run as events for the log: how grave each is, and what it tells.
import {
  deliveryErrorRecord,
  errorRecord,
  finishedRecord,
  rewrappedRecord,
  resultRecord,
} from '../../src/report/log-records.js';
import assert from 'node:assert/strict';
import { KmsError, asKmsError } from '../../src/errors.js';
import { UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import { aReport, aResult } from '../support/reports.js';

const FAILURE = new KmsError('Unsupported', 'no such thing', { hint: 'look' });

describe('the event of an object', () => {
  it('tells what became of it and how long it took', () => {
    const { level, event, fields } = resultRecord(
      aResult({ uid: 'a', took: { fromMs: 1.25, toMs: 13.5 } }),
    );
    assert.deepEqual([level, event], ['info', 'key-rotated']);
    assert.deepEqual(
      [fields['uid'], fields['outcome'], fields['durationMs']],
      ['a', 'rotated', 12],
    );
  });

  it('is an error with its reason and hint if it failed', () => {
    const result = aResult({ outcome: 'failed', error: FAILURE });
    const { level, event, message, fields } = resultRecord(result);
    assert.deepEqual([level, event], ['error', 'key-failed']);
    assert.match(message, /no such thing$/);
    assert.deepEqual([fields['reason'], fields['hint']], ['Unsupported', 'look']);
  });

  it('names each outcome', () => {
    const events = (['would-rotate', 'skipped'] as const).map(
      (outcome) => resultRecord(aResult({ outcome })).event,
    );
    assert.deepEqual(events, ['key-would-rotate', 'key-skipped']);
  });

  it('tells of what was re-wrapped, or could not be', () => {
    const uids = { uid: 'd', fromWrappingKeyUid: 'k', toWrappingKeyUid: 'k@1' };
    const objectSummary = UNKNOWN_OBJECT;
    const mended = rewrappedRecord({ ...uids, objectSummary, outcome: 'mended', error: null });
    const failed = rewrappedRecord({ ...uids, objectSummary, outcome: 'failed', error: FAILURE });
    assert.deepEqual([mended.level, mended.event], ['info', 'key-mended']);
    assert.deepEqual([failed.level, failed.event], ['error', 'mending-failed']);
    assert.equal(failed.fields['reason'], 'Unsupported');
  });
});

describe('the event of a failure that nobody foresaw', () => {
  const bug = asKmsError(
    Object.assign(new RangeError('165,90 is out of range'), { code: 'ER_DATA_OUT_OF_RANGE' }),
  );
  const aMended = {
    fromWrappingKeyUid: 'k',
    toWrappingKeyUid: null,
    objectSummary: UNKNOWN_OBJECT,
  };
  const events = [
    errorRecord(bug),
    deliveryErrorRecord(bug),
    resultRecord(aResult({ outcome: 'failed', error: bug })),
    rewrappedRecord({ ...aMended, uid: 'd', outcome: 'failed', error: bug }),
  ];

  for (const { event, fields, message } of events) {
    it(`has class, code and stack of its cause, and never its message: ${event}`, () => {
      assert.deepEqual([fields['cause'], fields['code']], ['RangeError', 'ER_DATA_OUT_OF_RANGE']);
      assert.match(String(fields['stack']), /^ +at .*log-records\.test\.ts/);
      assert.ok(!JSON.stringify([fields, message]).includes('165,90'));
    });
  }

  it('has no code that is more than a word', () => {
    const { fields } = errorRecord(asKmsError(Object.assign(new Error(), { code: 'key 165,90' })));
    assert.deepEqual([fields['cause'], fields['code']], ['Error', null]);
  });

  it('is told from one that was foreseen', () => {
    const { cause, code, stack } = errorRecord(FAILURE).fields;
    assert.deepEqual([cause, code, stack], [null, null, null]);
  });
});

describe('the event of a run’s end', () => {
  it('is as grave as its exit code', () => {
    const levels = ([0, 1, 2, 3, 4, 5, 6] as const).map(
      (exitCode) => finishedRecord('rotate due', null, { exitCode, durationMs: 1 }).level,
    );
    assert.deepEqual(levels, ['info', 'error', 'error', 'error', 'error', 'warn', 'warn']);
  });

  it('has the totals of the report', () => {
    const report = aReport({ results: [aResult()], notAttempted: 2 });
    const { fields } = finishedRecord('rotate due', report, { exitCode: 5, durationMs: 1.4 });
    assert.deepEqual(
      [fields['due'], fields['rotated'], fields['notAttempted'], fields['durationMs']],
      [3, 1, 2, 1],
    );
  });
});
