// Which uids belong to hardware security modules: `hsm::` at the very start, in lower case.
import assert from 'node:assert/strict';
import { isHsmUid } from '../../src/rotation/subject.js';

describe('rotation/subject', () => {
  it('uids that begin with hsm:: are a module’s (design §3.1)', () => {
    for (const uid of ['hsm::', 'hsm::0::key', 'hsm::softhsm2::1::kek']) {
      assert.equal(isHsmUid(uid), true, uid);
    }
    for (const uid of ['', 'hsm', 'hsm:0', 'HSM::0', ' hsm::0', 'x-hsm::0', null]) {
      assert.equal(isHsmUid(uid), false, String(uid));
    }
  });
});
