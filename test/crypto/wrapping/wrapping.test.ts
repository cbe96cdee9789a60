// Every way of wrapping in storage format §5.3: unwrapping returns what was wrapped, what is unsupported is refused by
// name, and damaged bytes do not unwrap.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { aesKeyWrap, aesKeyWrapPadding } from '../../../src/crypto/wrapping/aes-wrapping.js';
import {
  wrappingKeyFromKeyObject,
  type WrappingKey,
} from '../../../src/crypto/wrapping/wrapping-key.js';
import { unwrapBytes, wrapBytes } from '../../../src/crypto/wrapping/wrapping.js';
import { KmsError } from '../../../src/errors.js';
import type { WrappingParameters } from '../../../src/kmip/key-wrapping-data.js';
import { freshPair } from '../../support/fresh-keys.js';
import { keptRsa } from '../../support/kept-rsa.js';

const NONE: WrappingParameters = {
  blockCipherMode: null,
  paddingMethod: null,
  hashingAlgorithm: null,
};

const aes = (bytes: number): WrappingKey => ({ kind: 'aes', key: randomBytes(bytes) });
const mode = (blockCipherMode: string): WrappingParameters => ({ ...NONE, blockCipherMode });
const padding = (paddingMethod: string): WrappingParameters => ({ ...NONE, paddingMethod });

const RSA = wrappingKeyFromKeyObject(keptRsa('2048').privateKey);
const ec = (namedCurve: string): WrappingKey =>
  wrappingKeyFromKeyObject(freshPair('ec', { namedCurve }).privateKey);

interface Scheme {
  readonly name: string;
  readonly key: WrappingKey;
  readonly parameters: WrappingParameters;
  /** The lengths that it can hold: in steps, from the least to the most. */
  readonly step?: number;
  readonly least?: number;
  readonly most?: number;
}

const SCHEMES: readonly Scheme[] = [
  ...[16, 24, 32].flatMap((bytes): Scheme[] => [
    { name: `AES-${bytes * 8}, no mode`, key: aes(bytes), parameters: NONE, least: 1 },
    ...['AESKeyWrapPadding', 'LegacyNISTKeyWrap'].map((name) => ({
      ...{ name: `AES-${bytes * 8}, ${name}`, key: aes(bytes) },
      ...{ parameters: mode(name), least: 1 },
    })),
    {
      ...{ name: `AES-${bytes * 8}, NISTKeyWrap`, key: aes(bytes) },
      ...{ parameters: mode('NISTKeyWrap'), step: 8, least: 16 },
    },
    { name: `AES-${bytes * 8}, GCM`, key: aes(bytes), parameters: mode('GCM') },
  ]),
  { name: 'RSA, nothing said', key: RSA, parameters: NONE, most: 190 },
  { name: 'RSA, OAEP', key: RSA, parameters: padding('OAEP'), most: 190 },
  ...['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'SHA3256', 'SHA3512'].map((hash) => ({
    ...{ name: `RSA, OAEP, ${hash}`, key: RSA, most: 126 },
    parameters: { ...padding('OAEP'), hashingAlgorithm: hash },
  })),
  { name: 'RSA AES key wrap', key: RSA, parameters: padding('None'), least: 1 },
  { name: 'ECIES on P-256', key: ec('prime256v1'), parameters: NONE },
  { name: 'ECIES on P-384', key: ec('secp384r1'), parameters: NONE },
  { name: 'ECIES on P-521', key: ec('secp521r1'), parameters: NONE },
  {
    ...{ name: 'sealed box on X25519', parameters: NONE },
    key: wrappingKeyFromKeyObject(freshPair('x25519').privateKey),
  },
  {
    ...{ name: 'sealed box on Ed25519', parameters: NONE },
    key: wrappingKeyFromKeyObject(freshPair('ed25519').privateKey),
  },
];

const plaintextOf = ({ step = 1, least = 0, most = 800 }: Scheme): fc.Arbitrary<Buffer> =>
  fc
    .integer({ min: Math.ceil(least / step), max: Math.floor(most / step) })
    .map((steps) => randomBytes(steps * step));

/** At least one of each kind. */
const OTHER_KEYS: readonly WrappingKey[] = [
  ...[16, 24, 32].map(aes),
  ...[keptRsa('2048', 1), keptRsa('4096')].map(({ privateKey }) =>
    wrappingKeyFromKeyObject(privateKey),
  ),
  ...['prime256v1', 'secp384r1', 'secp521r1'].map(ec),
  wrappingKeyFromKeyObject(freshPair('x25519').privateKey),
];

const someBlob = fc.uint8Array({ maxLength: 1100 });

describe('wrapping', () => {
  for (const scheme of SCHEMES) {
    describe(scheme.name, () => {
      const { key, parameters } = scheme;

      it('unwraps what it wrapped, and keeps the name of the mode', () => {
        fc.assert(
          fc.property(plaintextOf(scheme), (plaintext) => {
            const kept = Buffer.from(plaintext);
            const wrapped = wrapBytes(key, parameters, plaintext);
            assert.deepEqual(plaintext, kept, 'the plaintext is left as it was');
            const unwrapped = unwrapBytes(key, parameters, wrapped);
            assert.deepEqual(unwrapped.plaintext, plaintext);
            assert.equal(unwrapped.blockCipherMode, parameters.blockCipherMode);
          }),
          { numRuns: 10 },
        );
      });

      it('refuses other bytes with a KmsError that contains no secret', () => {
        const secret = Buffer.alloc(24, 'SeCrEt');
        const wrapped = wrapBytes(key, parameters, secret);
        const place = (wrapped.length * 2) / 3;
        const changed = Buffer.from(wrapped);
        changed[Math.floor(place)]! ^= 0x10;
        for (const blob of [changed, wrapped.subarray(0, place), wrapped.subarray(8)]) {
          assertDoesNotOpen(key, parameters, blob);
        }
        fc.assert(
          fc.property(someBlob, (blob) => {
            assertDoesNotOpen(key, parameters, blob);
          }),
          { numRuns: 10 },
        );
      });

      it('does not unwrap with another key of its kind', () => {
        const wrapped = wrapBytes(key, parameters, randomBytes(24));
        for (const other of OTHER_KEYS.filter(({ kind }) => kind === key.kind)) {
          assertDoesNotOpen(other, parameters, wrapped);
        }
      });
    });
  }

  describe('with a wrong mode in the row (storage format §5.3)', () => {
    const { key } = aes(32) as { key: Buffer };
    const plaintext = randomBytes(32);

    it('unwraps RFC 5649 under the name NISTKeyWrap, and returns the right name', () => {
      const old = aesKeyWrapPadding(key, plaintext);
      assert.deepEqual(unwrapBytes({ kind: 'aes', key }, mode('NISTKeyWrap'), old), {
        plaintext,
        blockCipherMode: 'AESKeyWrapPadding',
      });
    });

    it('unwraps RFC 3394 only under its own name', () => {
      const blob = aesKeyWrap(key, plaintext);
      for (const parameters of [NONE, mode('AESKeyWrapPadding'), mode('LegacyNISTKeyWrap')]) {
        assertDoesNotOpen({ kind: 'aes', key }, parameters, blob);
      }
    });

    it('wraps NISTKeyWrap as RFC 3394, and without a mode as RFC 5649', () => {
      const wrapped = (parameters: WrappingParameters) =>
        wrapBytes({ kind: 'aes', key }, parameters, plaintext);
      assert.deepEqual(wrapped(mode('NISTKeyWrap')), aesKeyWrap(key, plaintext));
      assert.deepEqual(wrapped(NONE), aesKeyWrapPadding(key, plaintext));
    });
  });

  describe('refuses by name', () => {
    const refused: readonly [key: WrappingKey, parameters: WrappingParameters, name: RegExp][] = [
      [aes(32), mode('CBC'), /block cipher mode CBC/],
      [aes(32), mode('GCMSIV'), /block cipher mode GCMSIV/],
      [aes(32), mode('X9102AESKW'), /X9102AESKW/],
      [aes(32), mode('constructor'), /constructor/],
      [aes(20), NONE, /AES key of 160 bits/],
      [RSA, padding('PKCS1v15'), /RSA padding method PKCS1v15/],
      [RSA, padding('PSS'), /PSS/],
      [RSA, { ...padding('OAEP'), hashingAlgorithm: 'MD5' }, /RSA-OAEP with MD5/],
      [aes(32), { ...NONE, unsupported: 'wrapping method MACSign' }, /wrapping method MACSign/],
    ];
    for (const [key, parameters, message] of refused) {
      it(`${message.source}, for wrapping and unwrapping`, () => {
        const expected = { reason: 'UnsupportedWrapping', message };
        assert.throws(() => unwrapBytes(key, parameters, randomBytes(512)), expected);
        assert.throws(() => wrapBytes(key, parameters, randomBytes(32)), expected);
      });
    }
  });

  it('wraps with a public key, and asks for the private key to unwrap', () => {
    for (const pair of [
      keptRsa('2048'),
      freshPair('ec', { namedCurve: 'P-256' }),
      freshPair('x25519'),
      freshPair('ed25519'),
    ]) {
      const publicKey = wrappingKeyFromKeyObject(pair.publicKey);
      const wrapped = wrapBytes(publicKey, NONE, Buffer.from('x'));
      const { plaintext } = unwrapBytes(wrappingKeyFromKeyObject(pair.privateKey), NONE, wrapped);
      assert.equal(plaintext.toString(), 'x');
      assert.throws(() => unwrapBytes(publicKey, NONE, wrapped), {
        reason: 'CannotUnwrap',
        message: /private key that unwraps is missing/,
      });
    }
  });
});

function assertDoesNotOpen(
  key: WrappingKey,
  parameters: WrappingParameters,
  blob: Uint8Array,
): void {
  assert.throws(
    () => unwrapBytes(key, parameters, blob),
    (error: unknown) => {
      assert.ok(error instanceof KmsError, String(error));
      assert.equal(error.reason, 'CannotUnwrap');
      assert.ok(error.hint !== null);
      assert.doesNotMatch(inspect(error, { depth: 5 }), /SeCrEt/);
      return true;
    },
  );
}
