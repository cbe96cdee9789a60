// Symmetric key material: the lengths of each algorithm, and that no two keys are the same.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  generateSymmetricKey,
  SYMMETRIC_ALGORITHMS,
  unsupportedSymmetricKey,
} from '../../../src/crypto/keys/symmetric-key.js';

/** The lengths of algorithms with fixed lengths; all others have keys of any number of whole bytes. */
const FIXED: Readonly<Record<string, readonly number[]>> = {
  AES: [128, 192, 256],
  ChaCha20: [256],
  ChaCha20Poly1305: [256],
};

describe('symmetric keys', () => {
  for (const algorithm of SYMMETRIC_ALGORITHMS) {
    const lengths = FIXED[algorithm];
    const known =
      lengths === undefined ? 'any number of whole bytes' : `${lengths.join(', ')} bits`;
    it(`of ${algorithm} have ${known}`, () => {
      for (let bits = -8; bits <= 1024; bits += 1) {
        const supported = lengths?.includes(bits) ?? (bits > 0 && bits % 8 === 0);
        assert.equal(unsupportedSymmetricKey(algorithm, bits) === null, supported, String(bits));
      }
      for (const bits of [NaN, Infinity, 128.5, 2 ** 40]) {
        assert.notEqual(unsupportedSymmetricKey(algorithm, bits), null, String(bits));
      }
    });
  }

  it('include every algorithm that the server makes symmetric keys for (storage format §2.4)', () => {
    for (const algorithm of ['AES', 'ChaCha20', 'SHA3256', 'SHAKE256', 'HMACSHA256']) {
      assert.equal(unsupportedSymmetricKey(algorithm, 256), null, algorithm);
    }
  });

  it('exist for no other algorithm, and not without one', () => {
    for (const algorithm of ['RSA', 'ECDH', 'aes', '', 'toString', '__proto__', null]) {
      assert.notEqual(unsupportedSymmetricKey(algorithm, 256), null, String(algorithm));
    }
  });

  it('are refused with algorithm and length', () => {
    assert.match(unsupportedSymmetricKey('AES', 512) ?? '', /AES.*512/);
    assert.match(unsupportedSymmetricKey('RSA', 256) ?? '', /RSA/);
  });

  it('have the length asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), (bytes) => {
        assert.equal(generateSymmetricKey(bytes * 8).length, bytes);
      }),
    );
  });

  it('are never the same twice', () => {
    const keys = Array.from({ length: 5000 }, () => generateSymmetricKey(128).toString('hex'));
    assert.equal(new Set(keys).size, keys.length);
  });
});
