// A text broken into lines.
import assert from 'node:assert/strict';
import { folded } from '../../src/text/folded.js';

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
