// Sealed boxes: vectors that libsodium (PyNaCl) opens, and what must not unwrap.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { sealedBoxUnwrap, sealedBoxWrap } from '../../../src/crypto/wrapping/sealed-box.js';
import { wrappingKeyFromKeyObject } from '../../../src/crypto/wrapping/wrapping-key.js';
import vectors from '../vectors/wrapping.json' with { type: 'json' };
import { freshPair } from '../../support/fresh-keys.js';
import { randomBytesDuring } from '../../support/random-bytes.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

function newKey(): { publicKey: Buffer; privateKey: Buffer } {
  const key = wrappingKeyFromKeyObject(freshPair('x25519').privateKey);
  assert.ok(key.kind === 'sealed-box' && key.privateKey !== null);
  return { publicKey: key.publicKey, privateKey: key.privateKey };
}

describe('wrapping in a sealed box', () => {
  for (const vector of vectors.sealedBox.filter(({ curve }) => curve === 'X25519')) {
    it(`wraps ${vector.plaintext.length / 2} bytes as a box that libsodium opens`, () => {
      const { publicKey, privateKey, ephemeralPrivateKey, plaintext, ciphertext } = vector;
      const sealed = sealedBoxWrap(hex(publicKey), hex(plaintext), hex(ephemeralPrivateKey));
      assert.equal(sealed.toString('hex'), ciphertext);
      const key = { publicKey: hex(publicKey), privateKey: hex(privateKey) };
      assert.deepEqual(sealedBoxUnwrap(key, hex(ciphertext)), hex(plaintext));
    });
  }

  it('adds 48 bytes (storage format §5.3), with a new key each time', () => {
    const key = newKey();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (plaintext) => {
        const sealed = sealedBoxWrap(key.publicKey, plaintext);
        assert.equal(sealed.length, 48 + plaintext.length);
        assert.deepEqual(sealedBoxUnwrap(key, sealed), Buffer.from(plaintext));
        assert.notDeepEqual(sealedBoxWrap(key.publicKey, plaintext), sealed);
      }),
      { numRuns: 30 },
    );
  });

  it('does not unwrap what is truncated, changed, or for another key', () => {
    const key = newKey();
    const sealed = sealedBoxWrap(key.publicKey, randomBytes(32));
    const expected = { name: 'KmsError', reason: 'CannotUnwrap' };
    for (let place = 0; place < sealed.length; place += 1) {
      const changed = Buffer.from(sealed);
      changed[place]! ^= 1;
      assert.throws(() => sealedBoxUnwrap(key, changed), expected, `byte ${place}`);
      assert.throws(() => sealedBoxUnwrap(key, sealed.subarray(0, place)), expected);
    }
    assert.throws(() => sealedBoxUnwrap(newKey(), sealed), expected);
    // A public key of small order gives everybody the same shared secret.
    const blind = Buffer.concat([Buffer.alloc(32), sealed.subarray(32)]);
    assert.throws(() => sealedBoxUnwrap(key, blind), expected);
  });

  it('leaves no copy of the ephemeral private key, nor of the plaintext', async () => {
    const key = newKey();
    let sealed: Buffer = Buffer.alloc(0);
    const given = await randomBytesDuring(() => {
      sealed = sealedBoxWrap(key.publicKey, Buffer.from('plaintext'));
    });
    assert.deepEqual(given, [Buffer.alloc(32)]);
    // A copy would be in the memory that small buffers share.
    assert.notEqual(sealedBoxUnwrap(key, sealed).buffer, Buffer.from('small').buffer);
  });
});
