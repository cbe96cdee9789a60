// Reasons, exit codes, and what an error carries (design §5, §12).
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  asKmsError,
  EXIT_CODES,
  exitCodeOf,
  framesOf,
  KmsError,
  mostSerious,
  REASONS,
} from '../src/errors.js';

describe('the exit codes', () => {
  it('are each in the table once, in ascending order', () => {
    const codes = EXIT_CODES.map(({ code }) => code);
    assert.deepEqual(
      [...new Set(codes)].sort((a, b) => a - b),
      codes,
    );
    for (const { meaning, advice } of EXIT_CODES)
      assert.ok(meaning.length > 0 && advice.length > 0);
  });

  it('follow from the reason: 1 a bug, 2 the caller, 3 the database, 4 an object', () => {
    const of = (code: number) =>
      Object.entries(REASONS).flatMap(([reason, exit]) => (exit === code ? [reason] : []));
    assert.deepEqual(of(1), ['Internal']);
    assert.deepEqual(of(2), ['InvalidArgument', 'InvalidConfiguration', 'AuditKey']);
    assert.ok(
      of(3).every((reason) =>
        /^(Store|NotAStore$|RowLocked$|TransactionCut$|CommitLost$)/.test(reason),
      ),
    );
    assert.equal(
      of(1).length + of(2).length + of(3).length + of(4).length + of(6).length,
      Object.keys(REASONS).length,
    );
    assert.deepEqual(of(6), ['OutputUnwritable']);
    assert.ok(of(4).includes('UnknownUid'));
  });

  it('are 1 for whatever was not foreseen', () => {
    for (const error of [new Error('x'), 'x', undefined, null, { code: 4 }]) {
      assert.equal(exitCodeOf(error), 1);
    }
    assert.equal(exitCodeOf(new KmsError('StoreBusy', 'x')), 3);
  });

  it('yield to the most serious: 1, 2, 3, 4, 5, 6, and 0 last', () => {
    assert.equal(mostSerious([]), 0);
    assert.equal(mostSerious([0, 0]), 0);
    assert.equal(mostSerious([0, 6]), 6);
    assert.equal(mostSerious([6, 5, 4]), 4);
    assert.equal(mostSerious([5, 3, 0]), 3);
    assert.equal(mostSerious([4, 1, 2]), 1);
  });
});

describe('an error of ours', () => {
  it('is named for its reason in PascalCase', () => {
    for (const reason of Object.keys(REASONS)) assert.match(reason, /^[A-Z][A-Za-z]+$/);
  });

  it('keeps uid, hint and cause', () => {
    const cause = new Error('x');
    const error = new KmsError('UnknownUid', 'm', { uid: 'k', hint: 'h', cause });
    assert.deepEqual([error.uid, error.hint, error.cause], ['k', 'h', cause]);
    assert.equal(asKmsError(error), error);
  });

  it('made of a foreign one tells its kind, and nothing that it says', () => {
    const foreign = Object.assign(new RangeError('165,90,165,90'), { bindings: ['165,90'] });
    const error = asKmsError(foreign);
    assert.deepEqual([error.reason, error.message], ['Internal', 'unexpected RangeError']);
    assert.equal(asKmsError('165,90').message, 'unexpected string');
    const { cause, ...own } = Object.fromEntries(Object.entries(error));
    assert.equal(cause, undefined, 'a cause that oclif would print');
    assert.ok(!inspect(own).includes('165,90'));
  });

  it('has frames without its message, which may quote a secret', () => {
    const frames = framesOf(new RangeError('165,90\nat 165,90'));
    assert.match(frames, /^ +at .*errors\.test/);
    assert.ok(!frames.includes('165,90'));
    assert.equal(framesOf('165,90'), '');
  });
});
