// Which log level holds, and what it lets through.
import assert from 'node:assert/strict';
import { isLogged, LOG_LEVELS, effectiveLogLevel } from '../../src/settings/log-level.js';

const NOBODY = { quiet: false, named: null, checking: false, isTerminal: false };

describe('the log level', () => {
  it('is warn where nobody watches, and info on a terminal', () => {
    assert.equal(effectiveLogLevel(NOBODY), 'warn');
    assert.equal(effectiveLogLevel({ ...NOBODY, isTerminal: true }), 'info');
  });

  it('is the one named, wherever that is', () => {
    for (const named of LOG_LEVELS) {
      assert.equal(effectiveLogLevel({ ...NOBODY, named }), named);
      assert.equal(
        effectiveLogLevel({ ...NOBODY, named, checking: true, isTerminal: true }),
        named,
      );
    }
  });

  it('is error for --quiet, whatever is named, and for --check unless one is named', () => {
    assert.equal(
      effectiveLogLevel({ ...NOBODY, quiet: true, named: 'info', isTerminal: true }),
      'error',
    );
    assert.equal(effectiveLogLevel({ ...NOBODY, checking: true, isTerminal: true }), 'error');
  });

  it('lets through its own and graver words', () => {
    const said = LOG_LEVELS.map((holding) =>
      LOG_LEVELS.filter((level) => isLogged(level, holding)),
    );
    assert.deepEqual(said, [['error'], ['error', 'warn'], ['error', 'warn', 'info']]);
  });
});
