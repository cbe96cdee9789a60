// AES Key Wrap and GCM: the vectors of RFC 3394, RFC 5649 and the GCM specification, every length, and what must not
// unwrap.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  aesGcmUnwrap,
  aesGcmWrap,
  aesKeyUnwrap,
  aesKeyUnwrapPadding,
  aesKeyWrap,
  aesKeyWrapPadding,
} from '../../../src/crypto/wrapping/aes-wrapping.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const KEK_256 = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const DATA_256 = '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f';

/** Bits of the key, bits of the data, and the ciphertext. */
const RFC_3394: readonly [section: string, kek: number, data: number, ciphertext: string][] = [
  ['§4.1', 128, 128, '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
  ['§4.2', 192, 128, '96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d'],
  ['§4.3', 256, 128, '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7'],
  ['§4.4', 192, 192, '031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2'],
  ['§4.5', 256, 192, 'a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1'],
  [
    '§4.6',
    256,
    256,
    '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
  ],
];

const KEK_5649 = '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8';
const RFC_5649: readonly [key: string, ciphertext: string][] = [
  [
    'c37b7e6492584340bed12207808941155068f738',
    '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
  ],
  ['466f7250617369', 'afbeb0f07dfbf5419200f2ccb50bb24f'],
];

/** With a key, a nonce and a block of zeros (test cases 2, 8 and 14 of the specification). */
const GCM: readonly [bits: number, ciphertext: string, tag: string][] = [
  [128, '0388dace60b6a392f328c2b971b2fe78', 'ab6e47d42cec13bdf53a67b21257bddf'],
  [192, '98e7247c07f0fe411c267e4384b0f600', '2ff58d80033927ab8ef4d4587514f0fb'],
  [256, 'cea7403d4d606b6e074ec5d3baf39d18', 'd0d1c8a799996bf0265b98b5d48ab919'],
];

const ENCODINGS = [
  { name: 'RFC 3394', wrap: aesKeyWrap, unwrap: aesKeyUnwrap, block: 8, least: 16 },
  { name: 'RFC 5649', wrap: aesKeyWrapPadding, unwrap: aesKeyUnwrapPadding, block: 1, least: 1 },
  { name: 'GCM', wrap: aesGcmWrap, unwrap: aesGcmUnwrap, block: 1, least: 0 },
] as const;

const kekOf = fc
  .constantFrom(16, 24, 32)
  .chain((bytes) => fc.uint8Array({ minLength: bytes, maxLength: bytes }));

describe('wrapping with AES', () => {
  for (const [section, kekBits, dataBits, ciphertext] of RFC_3394) {
    it(`wraps ${dataBits} bits under ${kekBits} as in RFC 3394 ${section}`, () => {
      const kek = hex(KEK_256).subarray(0, kekBits / 8);
      const data = hex(DATA_256).subarray(0, dataBits / 8);
      assert.equal(aesKeyWrap(kek, data).toString('hex'), ciphertext);
      assert.deepEqual(aesKeyUnwrap(kek, hex(ciphertext)), data);
    });
  }

  for (const [key, ciphertext] of RFC_5649) {
    it(`wraps ${key.length / 2} bytes as in RFC 5649 §6`, () => {
      assert.equal(aesKeyWrapPadding(hex(KEK_5649), hex(key)).toString('hex'), ciphertext);
      assert.deepEqual(aesKeyUnwrapPadding(hex(KEK_5649), hex(ciphertext)), hex(key));
    });
  }

  for (const [bits, ciphertext, tag] of GCM) {
    it(`wraps with GCM under ${bits} bits as in NIST SP 800-38D, nonce first, tag last`, () => {
      const [kek, nonce, data] = [Buffer.alloc(bits / 8), Buffer.alloc(12), Buffer.alloc(16)];
      const blob = aesGcmWrap(kek, data, nonce);
      assert.equal(blob.toString('hex'), `${nonce.toString('hex')}${ciphertext}${tag}`);
      assert.deepEqual(aesGcmUnwrap(kek, blob), data);
    });
  }

  it('uses a new nonce for GCM every time', () => {
    const kek = randomBytes(32);
    assert.notDeepEqual(aesGcmWrap(kek, kek).subarray(0, 12), aesGcmWrap(kek, kek).subarray(0, 12));
  });

  for (const { name, wrap, unwrap, block, least } of ENCODINGS) {
    describe(name, () => {
      it('unwraps every length that it can hold', () => {
        for (const kek of [16, 24, 32].map((bytes) => randomBytes(bytes))) {
          for (let length = Math.max(least, block); length <= 600; length += block) {
            const plaintext = randomBytes(length);
            assert.deepEqual(unwrap(kek, wrap(kek, plaintext)), plaintext, String(length));
          }
        }
      });

      it('unwraps long data', () => {
        const [kek, plaintext] = [randomBytes(32), randomBytes(1 << 16)];
        assert.deepEqual(unwrap(kek, wrap(kek, plaintext)), plaintext);
      });

      it('does not unwrap if one bit of the ciphertext or of the key differs', () => {
        fc.assert(
          fc.property(kekOf, fc.nat(), fc.nat(), (kek, bit, keyBit) => {
            const blob = wrap(kek, randomBytes(40));
            const flipped = flip(blob, bit);
            assert.throws(() => unwrap(kek, flipped), { reason: 'CannotUnwrap' });
            assert.throws(() => unwrap(flip(kek, keyBit), blob), { reason: 'CannotUnwrap' });
          }),
        );
      });

      it('does not unwrap what is truncated or extended', () => {
        const kek = randomBytes(32);
        const blob = wrap(kek, randomBytes(40));
        const cuts = Array.from({ length: blob.length }, (_, length) => blob.subarray(0, length));
        for (const bytes of [...cuts, Buffer.concat([blob, Buffer.alloc(8)])]) {
          assert.throws(() => unwrap(kek, bytes), { name: 'KmsError', reason: 'CannotUnwrap' });
        }
      });

      it('refuses keys other than 128, 192 and 256 bits, with their size', () => {
        for (const bytes of [0, 8, 15, 20, 33, 64]) {
          const expected = {
            reason: 'UnsupportedWrapping',
            message: new RegExp(` ${bytes * 8} bits`),
          };
          assert.throws(() => wrap(Buffer.alloc(bytes), Buffer.alloc(16)), expected);
          assert.throws(() => unwrap(Buffer.alloc(bytes), Buffer.alloc(48)), expected);
        }
      });
    });
  }

  it('refuses what RFC 3394 cannot hold: less than 16 bytes, or no multiple of 8', () => {
    for (const length of [0, 8, 15, 17, 39]) {
      assert.throws(() => aesKeyWrap(Buffer.alloc(32), Buffer.alloc(length)), {
        reason: 'UnsupportedWrapping',
        message: new RegExp(`${length} bytes.*RFC 3394`),
      });
    }
  });

  it('refuses an empty plaintext under RFC 5649, which pads from one byte on', () => {
    assert.throws(() => aesKeyWrapPadding(Buffer.alloc(32), Buffer.alloc(0)), {
      reason: 'UnsupportedWrapping',
    });
  });
});

function flip(bytes: Uint8Array, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const place = bit % (bytes.length * 8);
  flipped[place >> 3]! ^= 1 << (place & 7);
  return flipped;
}
