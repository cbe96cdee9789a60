// The length of a uid in characters as databases count them: code points, neither bytes nor UTF-16. And which
// uids belong to hardware security modules: `hsm::` at the very start, in lower case.
import assert from 'node:assert/strict';
import { characterCount, isHsmUid, MAX_UID_LENGTH } from '../../src/kmip/unique-identifier.js';

describe('unique identifier', () => {
  it('counts code points', () => {
    assert.equal(characterCount(''), 0);
    assert.equal(characterCount('kek-1'), 5);
    assert.equal(characterCount('Zürich'), 6);
    assert.equal(characterCount('😀😀'), 2);
    assert.equal(characterCount('e\u0301'), 2);
  });

  it('takes as many as the id column holds (storage format §1.2)', () => {
    assert.equal(MAX_UID_LENGTH, 128);
  });

  it('is a module’s if it begins with hsm:: (design §3.1)', () => {
    for (const uid of ['hsm::', 'hsm::0::key', 'hsm::softhsm2::1::kek']) {
      assert.equal(isHsmUid(uid), true, uid);
    }
    for (const uid of ['', 'hsm', 'hsm:0', 'HSM::0', ' hsm::0', 'x-hsm::0', null]) {
      assert.equal(isHsmUid(uid), false, String(uid));
    }
  });
});
