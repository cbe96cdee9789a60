// What a run did: totals, exit code, and the document kms.rotate/v1 (design §5, §6).
import assert from 'node:assert/strict';
import { KmsError, type ExitCode } from '../../src/errors.js';
import { jsonPieces } from '../../src/output/json-document.js';
import { errorJson } from '../../src/report/error-json.js';
import { exitCodeOfReport, summaryOf, type RunReport } from '../../src/report/run-report.js';
import { reportJson } from '../../src/report/run-report-json.js';
import { rotateOf } from '../support/documents.js';
import { aReport, aResult } from '../support/reports.js';
import { valuesOf } from '../support/values-of.js';

const written = (document: object) => [...jsonPieces(document)].join('');

const FAILED = aResult({ outcome: 'failed', error: new KmsError('Unsupported', 'no') });
const SKIPPED = aResult({ outcome: 'skipped', replacementUid: null, nextDeadline: null });
const BUSY = new KmsError('StoreBusy', 'locked');
const BUG = new KmsError('Internal', 'unexpected TypeError');

describe('the summary of a run', () => {
  it('counts as due what was tried and what was left', () => {
    const results = [aResult(), aResult({ outcome: 'would-rotate' }), FAILED, SKIPPED];
    assert.deepEqual(summaryOf(aReport({ results, notAttempted: 5 })), {
      due: 9,
      rotated: 1,
      wouldRotate: 1,
      failed: 1,
      skipped: 1,
      notAttempted: 5,
      mended: 0,
      retired: 0,
    });
  });
});

describe('the exit code of a run', () => {
  const cases: readonly (readonly [what: string, changes: Partial<RunReport>, code: ExitCode])[] = [
    ['nothing was due', {}, 0],
    ['all is rotated', { results: [aResult()] }, 0],
    ['another run was faster', { results: [SKIPPED] }, 0],
    ['one failed', { results: [aResult(), FAILED] }, 4],
    ['a limit left some', { results: [aResult()], notAttempted: 1 }, 5],
    ['one failed and a limit left some', { results: [FAILED], notAttempted: 1 }, 4],
    ['the database went away', { results: [aResult()], notAttempted: 1, error: BUSY }, 3],
    ['the database went away after a failure', { results: [FAILED], error: BUSY }, 3],
    ['a bug ended it', { results: [FAILED], notAttempted: 1, error: BUG }, 1],
    ['a dry run left some', { dryRun: true, notAttempted: 1 }, 0],
    ['a dry run foresees a failure', { dryRun: true, results: [FAILED] }, 4],
  ];
  for (const [what, changes, code] of cases) {
    it(`is ${code} if ${what}`, () => {
      assert.equal(exitCodeOfReport(aReport(changes)), code);
    });
  }
});

describe('the document of a run', () => {
  const documentOf = (report: RunReport) =>
    rotateOf(JSON.parse(written(reportJson(report, 'kms'))));

  it('fits its schema, whatever became of the run', () => {
    const results = [aResult(), FAILED, SKIPPED];
    for (const changes of [{}, { results }, { error: BUSY, notAttempted: 2 }, { dryRun: true }]) {
      documentOf(aReport(changes));
    }
  });

  it('keeps the order of the results, and writes times to the second', () => {
    const results = ['b', 'a'].map((uid) => aResult({ uid }));
    const document = documentOf(aReport({ results }));
    assert.deepEqual(valuesOf(document.results, 'uid', 'nextDeadline'), [
      ['b', '2026-02-09T08:00:00Z'],
      ['a', '2026-02-09T08:00:00Z'],
    ]);
  });

  it('says of a skipped object why', () => {
    const { results } = documentOf(aReport({ results: [SKIPPED, aResult()] }));
    assert.deepEqual(valuesOf(results, 'skippedBecause'), ['rotated-by-another-run', null]);
  });
});

describe('the document of an error', () => {
  it('holds uid and hint only if there are any', () => {
    assert.deepEqual(errorJson(BUSY), { reason: 'StoreBusy', message: 'locked' });
    const error = new KmsError('UnknownUid', 'm', { uid: 'k', hint: 'h', cause: new Error('x') });
    assert.deepEqual(errorJson(error), { reason: 'UnknownUid', message: 'm', uid: 'k', hint: 'h' });
  });
});
