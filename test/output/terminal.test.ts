// What a stream is taken for.
import assert from 'node:assert/strict';
import { knownSize, terminalOf } from '../../src/output/terminal.js';

const TTY = { isTTY: true, columns: 120 };

describe('a terminal', () => {
  it('has the width of its stream, 80 if that is not known', () => {
    assert.equal(terminalOf(TTY, {}).width, 120);
    assert.equal(terminalOf({ isTTY: true }, {}).width, 80);
    assert.equal(terminalOf({ isTTY: true, columns: 0 }, {}).width, 80);
    assert.deepEqual(knownSize({ columns: 0, rows: 0 }), { columns: 80, rows: 24 });
  });

  for (const [stream, kind, canAnimate] of [
    [TTY, 'xterm', true],
    [{ isTTY: true, columns: 20 }, 'xterm', true],
    [{ isTTY: true, columns: 19 }, 'xterm', false],
    [{ isTTY: true, columns: 0 }, 'xterm', false],
    [TTY, 'dumb', false],
    [TTY, '', false],
    [{ columns: 120 }, 'xterm', false],
  ] as const) {
    it(`has ${canAnimate ? 'a' : 'no'} spinner: ${JSON.stringify(stream)}, TERM=${kind}`, () => {
      assert.equal(terminalOf(stream, { TERM: kind }).canAnimate, canAnimate);
    });
  }

  it('is no pipe, on which nothing is cut or coloured', () => {
    for (const stream of [{}, { isTTY: false, columns: 120 }]) {
      const { isTerminal, width, paint } = terminalOf(stream, { FORCE_COLOR: '1' });
      assert.deepEqual([isTerminal, width, paint.red('x')], [false, Infinity, 'x']);
    }
  });

  it('has no colour if NO_COLOR is set to anything, or it is dumb', () => {
    for (const env of [{ NO_COLOR: '1' }, { NO_COLOR: '0' }, { TERM: 'dumb' }]) {
      assert.equal(terminalOf(TTY, env).paint.level, 0);
    }
  });

  it('takes an empty NO_COLOR as not set (no-color.org)', () => {
    const plain = terminalOf(TTY, {}).paint.level;
    assert.equal(terminalOf(TTY, { NO_COLOR: '' }).paint.level, plain);
  });
});
