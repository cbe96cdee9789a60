// What a stream is taken for, and how texts from a store are made harmless.
import assert from 'node:assert/strict';
import { folded, printable, terminalOf } from '../../src/output/terminal.js';

const TTY = { isTTY: true, columns: 120 };

describe('a terminal', () => {
  it('has the width of its stream, 80 if that is not known', () => {
    assert.equal(terminalOf(TTY, {}).width, 120);
    assert.equal(terminalOf({ isTTY: true }, {}).width, 80);
  });

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

describe('printable', () => {
  for (const [what, text, expected] of [
    ['an escape sequence', '\u001b[31mred', '\\u{1b}[31mred'],
    ['a C1 control character', '\u009b31m', '\\u{9b}31m'],
    ['line ends', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['NUL and DEL', '\0\u007f', '\\u{0}\\u{7f}'],
    ['characters that turn the direction of writing', '\u202eabc\u2066', '\\u{202e}abc\\u{2066}'],
    ['characters that cannot be seen', 'a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
    ['line separators', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
    ['a tag character beyond the first plane', '\u{e0041}', '\\u{e0041}'],
  ] as const) {
    it(`writes out ${what}`, () => {
      assert.equal(printable(text), expected);
    });
  }

  it('leaves every script, blanks, quotes and emoji as they are', () => {
    for (const text of ['plain', 'a b', `it's "x"`, 'équipe', 'ключ', '鍵', '😀', '\\u{1b}']) {
      assert.equal(printable(text), text);
    }
  });
});

describe('folding', () => {
  it('breaks a text at blanks, so that no line is wider than it may be', () => {
    assert.deepEqual(folded('one two three', 7), ['one two', 'three']);
    assert.deepEqual(folded('one two three', 6), ['one', 'two', 'three']);
    assert.deepEqual(folded('one two three', Infinity), ['one two three']);
  });

  it('leaves a word that is wider on a line of its own', () => {
    assert.deepEqual(folded('a much-too-long b', 4), ['a', 'much-too-long', 'b']);
  });
});
