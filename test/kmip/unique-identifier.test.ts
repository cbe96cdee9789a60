// The length of a uid in characters as databases count them: code points, neither bytes nor UTF-16.
import assert from 'node:assert/strict';
import { characterCount, LONGEST_UID } from '../../src/kmip/unique-identifier.js';

describe('kmip/unique-identifier', () => {
  it('counts code points', () => {
    assert.equal(characterCount(''), 0);
    assert.equal(characterCount('kek-1'), 5);
    assert.equal(characterCount('Zürich'), 6);
    assert.equal(characterCount('😀😀'), 2);
    assert.equal(characterCount('e\u0301'), 2);
  });

  it('takes as many as the id column holds (storage format §1.2)', () => {
    assert.equal(LONGEST_UID, 128);
  });
});
