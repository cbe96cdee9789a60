// A text from a store, made safe to show.
import assert from 'node:assert/strict';
import { printable } from '../../src/text/printable.js';

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
