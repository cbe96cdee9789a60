import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import { signWithPassword } from '../../../src/crypto/login/sign-with-password.js';

/** PKCS#8 of an Ed25519 seed (RFC 8410, 7), up to the seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

describe('a login by ed25519', () => {
  it('signs like Ed25519 where the password is as long as a seed (RFC 8032, 5.1.6)', () => {
    for (const password of [
      'a-password-of-thirty-two-letters',
      '0123456789abcdef0123456789ABCDEF',
    ]) {
      const seed = Buffer.from(password);
      assert.equal(seed.length, 32);
      const key = createPrivateKey({
        key: Buffer.concat([PKCS8, seed]),
        format: 'der',
        type: 'pkcs8',
      });
      const challenge = randomBytes(32);
      assert.deepEqual(
        Buffer.from(signWithPassword(challenge, password)),
        sign(null, challenge, key),
      );
    }
  });
});
