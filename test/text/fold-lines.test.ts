// A text broken into lines.
import assert from 'node:assert/strict';
import { foldLines } from '../../src/text/fold-lines.js';

describe('folding', () => {
  it('breaks a text at blanks, so that no line is wider than it may be', () => {
    assert.deepEqual(foldLines('one two three', 7), ['one two', 'three']);
    assert.deepEqual(foldLines('one two three', 6), ['one', 'two', 'three']);
    assert.deepEqual(foldLines('one two three', Infinity), ['one two three']);
  });

  it('leaves a word that is wider on a line of its own', () => {
    assert.deepEqual(foldLines('a much-too-long b', 4), ['a', 'much-too-long', 'b']);
  });
});
