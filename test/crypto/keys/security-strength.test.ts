// Security strengths (NIST SP 800-57 part 1 rev. 5, tables 2 to 4).
import assert from 'node:assert/strict';
import { securityStrengthOf } from '../../../src/crypto/keys/security-strength.js';

describe('the security strength of a key', () => {
  for (const [algorithm, length, bits] of [
    ['AES', 128, 128],
    ['AES', 256, 256],
    ['THREE_DES', 168, 0],
    ['HMACSHA256', 256, 256],
    ['RSA', 1024, 80],
    ['RSA', 2047, 80],
    ['RSA', 2048, 112],
    ['RSA', 4096, 128],
    ['RSA', 512, 0],
    ['ECDH', 256, 128],
    ['EC', 521, 260],
    ['Ed448', 456, 224],
    ['MLKEM_768', 768, 192],
    ['MLDSA_44', 10_496, 128],
    ['SLHDSA_SHAKE_256s', 512, 256],
    ['SLHDSA_SHA2_128f', 256, 128],
    ['ChaCha20', 256, 256],
  ] as const) {
    it(`is ${bits} bits for ${algorithm} of ${length}`, () => {
      assert.equal(securityStrengthOf(algorithm, length), bits);
    });
  }

  it('is null for an unknown algorithm, or without a length', () => {
    assert.equal(securityStrengthOf(null, 256), null);
    assert.equal(securityStrengthOf('RSA', null), null);
    assert.equal(securityStrengthOf('CoverCrypt', 256), null);
  });
});
