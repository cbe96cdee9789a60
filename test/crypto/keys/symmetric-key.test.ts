// Symmetric key material: which algorithms have keys of which lengths, and that no two keys are alike.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  generateSymmetricKey,
  SYMMETRIC_ALGORITHMS,
  unsupportedSymmetricKey,
} from '../../../src/crypto/keys/symmetric-key.js';

/** Lengths that algorithms of fixed lengths have; all others take any whole number of bytes. */
const FIXED: Readonly<Record<string, readonly number[]>> = {
  AES: [128, 192, 256],
  ChaCha20: [256],
  ChaCha20Poly1305: [256],
};

describe('crypto/symmetric-key', () => {
  for (const algorithm of SYMMETRIC_ALGORITHMS) {
    const lengths = FIXED[algorithm];
    it(`${algorithm} has keys of ${lengths?.join(', ') ?? 'any whole number of bytes'}`, () => {
      for (let bits = -8; bits <= 1024; bits += 1) {
        const known = lengths?.includes(bits) ?? (bits > 0 && bits % 8 === 0);
        assert.equal(unsupportedSymmetricKey(algorithm, bits) === null, known, String(bits));
      }
      for (const bits of [NaN, Infinity, 128.5, 2 ** 40]) {
        assert.notEqual(unsupportedSymmetricKey(algorithm, bits), null, String(bits));
      }
    });
  }

  it('knows every algorithm that the server makes symmetric keys for (storage format §2.4)', () => {
    for (const algorithm of ['AES', 'ChaCha20', 'SHA3256', 'SHAKE256', 'HMACSHA256']) {
      assert.equal(unsupportedSymmetricKey(algorithm, 256), null, algorithm);
    }
  });

  it('makes no keys of other algorithms, nor of none', () => {
    for (const algorithm of ['RSA', 'ECDH', 'aes', '', 'toString', '__proto__', null]) {
      assert.notEqual(unsupportedSymmetricKey(algorithm, 256), null, String(algorithm));
    }
  });

  it('says what stands in the way, with algorithm and length', () => {
    assert.match(unsupportedSymmetricKey('AES', 512) ?? '', /AES.*512/);
    assert.match(unsupportedSymmetricKey('RSA', 256) ?? '', /RSA/);
  });

  it('makes material of just the length asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), (bytes) => {
        assert.equal(generateSymmetricKey(bytes * 8).length, bytes);
      }),
    );
  });

  it('never makes the same key twice', () => {
    const keys = Array.from({ length: 5000 }, () => generateSymmetricKey(128).toString('hex'));
    assert.equal(new Set(keys).size, keys.length);
  });
});
