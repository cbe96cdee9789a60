// RSA-OAEP with each hash, checked with ciphertexts of PyCryptodome, which implements RFC 8017 itself; and RSA AES key
// wrap.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  rsaAesKeyUnwrap,
  rsaAesKeyWrap,
  rsaOaepUnwrap,
  rsaOaepWrap,
} from '../../../src/crypto/wrapping/rsa-wrapping.js';
import vectors from '../vectors/wrapping.json' with { type: 'json' };
import { freshPair } from '../../support/fresh-keys.js';
import { keptRsa } from '../../support/kept-rsa.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const privateKey = createPrivateKey({
  key: hex(vectors.rsaPrivateKey),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = createPublicKey(privateKey);
const MODULUS_BYTES = 256;

describe('wrapping with RSA', () => {
  for (const { hashingAlgorithm, plaintext, ciphertext } of vectors.oaep) {
    it(`unwraps OAEP with ${hashingAlgorithm} and MGF1 over the same hash (RFC 8017 §7.1.2)`, () => {
      const opened = rsaOaepUnwrap(privateKey, hashingAlgorithm, hex(ciphertext));
      assert.equal(opened.toString('hex'), plaintext);
      const wrapped = rsaOaepWrap(publicKey, hashingAlgorithm, hex(plaintext));
      assert.deepEqual(rsaOaepUnwrap(privateKey, hashingAlgorithm, wrapped), hex(plaintext));
    });
  }

  it('wraps up to the length of RFC 8017 §7.1.1, and refuses longer keys with their length', () => {
    const most = MODULUS_BYTES - 66;
    const plaintext = randomBytes(most);
    const wrapped = rsaOaepWrap(publicKey, 'SHA256', plaintext);
    assert.deepEqual(rsaOaepUnwrap(privateKey, 'SHA256', wrapped), plaintext);
    assert.throws(() => rsaOaepWrap(publicKey, 'SHA256', randomBytes(most + 1)), {
      reason: 'UnsupportedWrapping',
      message: /191 bytes under RSA-OAEP with SHA256.* 190/,
    });
  });

  it('wraps any length with RSA AES key wrap: modulus, then RFC 5649 (storage format §5.3)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (plaintext) => {
        const wrapped = rsaAesKeyWrap(publicKey, 'SHA256', plaintext);
        const padded = Math.ceil(plaintext.length / 8) * 8;
        assert.equal(wrapped.length, MODULUS_BYTES + 8 + padded);
        assert.deepEqual(rsaAesKeyUnwrap(privateKey, 'SHA256', wrapped), Buffer.from(plaintext));
      }),
      { numRuns: 20 },
    );
  });

  it('works with keys of any size, even if the modulus is not whole bytes', () => {
    for (const pair of [
      freshPair('rsa', { modulusLength: 1024 }),
      freshPair('rsa', { modulusLength: 1031 }),
      keptRsa('3072'),
    ]) {
      const { modulusLength = 0 } = pair.publicKey.asymmetricKeyDetails ?? {};
      const wrapped = rsaAesKeyWrap(pair.publicKey, 'SHA1', Buffer.from('x'));
      assert.equal(wrapped.length, Math.ceil(modulusLength / 8) + 16);
      assert.deepEqual(rsaAesKeyUnwrap(pair.privateKey, 'SHA1', wrapped), Buffer.from('x'));
    }
  });

  it('refuses a modulus too small for the hash', () => {
    const { publicKey: small } = freshPair('rsa', { modulusLength: 512 });
    assert.throws(() => rsaOaepWrap(small, 'SHA256', Buffer.from('x')), {
      reason: 'UnsupportedWrapping',
    });
  });

  it('refuses other hashes by name', () => {
    for (const hash of ['MD5', 'RIPEMD160', 'toString']) {
      const expected = { reason: 'UnsupportedWrapping', message: new RegExp(hash) };
      assert.throws(() => rsaOaepWrap(publicKey, hash, Buffer.from('x')), expected);
      assert.throws(() => rsaOaepUnwrap(privateKey, hash, Buffer.alloc(256)), expected);
    }
  });

  const unwraps = { 'RSA-OAEP': rsaOaepUnwrap, 'RSA AES key wrap': rsaAesKeyUnwrap };
  const wraps = { 'RSA-OAEP': rsaOaepWrap, 'RSA AES key wrap': rsaAesKeyWrap };
  for (const name of ['RSA-OAEP', 'RSA AES key wrap'] as const) {
    it(`does not unwrap ${name} that is truncated, changed, or for another hash or key`, () => {
      const [wrap, unwrap] = [wraps[name], unwraps[name]];
      // Without a leading zero, which is the same number if it is cut off.
      let wrapped = wrap(publicKey, 'SHA256', Buffer.alloc(32, 7));
      while (wrapped[0] === 0) wrapped = wrap(publicKey, 'SHA256', Buffer.alloc(32, 7));
      const changed = Buffer.from(wrapped);
      changed[wrapped.length - 1]! ^= 1;
      const other = keptRsa('2048').privateKey;
      const expected = { name: 'KmsError', reason: 'CannotUnwrap' };
      for (const bytes of [changed, wrapped.subarray(1), wrapped.subarray(0, -1), Buffer.alloc(0)])
        assert.throws(() => unwrap(privateKey, 'SHA256', bytes), expected);
      assert.throws(() => unwrap(privateKey, 'SHA1', wrapped), expected);
      assert.throws(() => unwrap(other, 'SHA256', wrapped), expected);
    });
  }

  it('refuses an OAEP content that is no AES key', () => {
    const encrypted = rsaOaepWrap(publicKey, 'SHA256', Buffer.alloc(20));
    const blob = Buffer.concat([encrypted, Buffer.alloc(24)]);
    assert.throws(() => rsaAesKeyUnwrap(privateKey, 'SHA256', blob), { reason: 'CannotUnwrap' });
  });
});
