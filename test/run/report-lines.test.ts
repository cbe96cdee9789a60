// What a run did, in words: a line for each object, then each failure with reason and hint, then totals.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { runReportLines } from '../../src/run/report-lines.js';
import type { RunReport } from '../../src/report/run-report.js';
import { aReport, aResult } from '../support/reports.js';
import { colourTerminal, linesOf, PIPE } from '../support/terminals.js';

const said = (changes: Partial<RunReport>) => linesOf(runReportLines(aReport(changes), PIPE));

const FAILED = aResult({
  uid: 'bad\u001b[2J',
  outcome: 'failed',
  replacementUid: null,
  nextDeadline: null,
  error: new KmsError('Undecidable', 'it has no date\n', { hint: 'set one\u0007' }),
});

describe('the report of a run in words', () => {
  it('is one line if nothing was due', () => {
    assert.deepEqual(said({}), ['nothing was due']);
    assert.deepEqual(said({ dryRun: true }), ['nothing was due (dry run: nothing was written)']);
  });

  it('has a line for each object, and the totals', () => {
    assert.deepEqual(said({ results: [aResult()] }), [
      'UID    OUTCOME  REPLACEMENT  NEXT DEADLINE         FLOW',
      'key-1  rotated  key-1@1      2026-02-09T08:00:00Z  plain',
      '',
      '1 rotated',
    ]);
  });

  it('names the public key of a pair and what replaced it, where there is a pair', () => {
    const pair = aResult({
      uid: 'pair',
      flow: 'key-pair',
      publicKeyUid: 'pair_pk',
      publicKeyReplacementUid: 'key-1@1_pk',
    });
    assert.deepEqual(
      linesOf(runReportLines(aReport({ results: [pair, aResult()] }), PIPE)).slice(0, 3),
      [
        'UID    OUTCOME  REPLACEMENT  PUBLIC KEY  PUBLIC REPLACEMENT  NEXT DEADLINE         FLOW',
        'pair   rotated  key-1@1      pair_pk     key-1@1_pk          2026-02-09T08:00:00Z  key-pair',
        'key-1  rotated  key-1@1      –           –                   2026-02-09T08:00:00Z  plain',
      ],
    );
  });

  it('tells of each failure its reason and hint, with nothing in them that steers a terminal', () => {
    const lines = said({ results: [FAILED] });
    assert.deepEqual(lines.slice(2), [
      '',
      'bad\\u{1b}[2J: Undecidable: it has no date\\u{a}',
      '  set one\\u{7}',
      '',
      '1 failed',
    ]);
  });

  it('leaves out a hint that there is none of', () => {
    const error = new KmsError('Undecidable', 'no date');
    const lines = said({ results: [{ ...FAILED, uid: 'bad', error }] });
    assert.deepEqual(lines.slice(3), ['bad: Undecidable: no date', '', '1 failed']);
  });

  it('adds up each kind of outcome, and what a limit left', () => {
    const results = [
      aResult(),
      aResult({ outcome: 'would-rotate' }),
      aResult({ outcome: 'skipped' }),
      FAILED,
      FAILED,
    ];
    assert.equal(
      said({ results, notAttempted: 7 }).at(-1),
      '1 rotated, 1 would be rotated, 2 failed, 1 rotated by another run, 7 still due',
    );
  });

  it('tells of a run that a limit kept from beginning how much is due', () => {
    assert.deepEqual(said({ notAttempted: 3 }), ['3 still due']);
  });

  it('paints what failed red', () => {
    const lines = linesOf(runReportLines(aReport({ results: [FAILED] }), colourTerminal(80)));
    assert.ok(lines.some((line) => line.includes('\u001b[31mfailed')));
  });
});
