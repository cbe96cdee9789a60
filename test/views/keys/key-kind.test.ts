// What a list calls a key.
import assert from 'node:assert/strict';
import { keyKind } from '../../../src/views/keys/key-kind.js';

describe('the kind of a key', () => {
  for (const [algorithm, objectType, length, kind] of [
    ['AES', 'SymmetricKey', 256, 'AES-256'],
    ['RSA', 'PrivateKey', 3072, 'RSA-3072'],
    ['MLKEM_768', 'PrivateKey', 768, 'MLKEM_768'],
    ['SLHDSA_SHA2_128s', 'PrivateKey', 512, 'SLHDSA_SHA2_128s'],
    ['AES', 'SymmetricKey', null, 'AES'],
    [null, 'Certificate', null, 'Certificate'],
    [null, null, null, null],
  ] as const) {
    it(`is ${kind} for ${algorithm} of ${length} bits`, () => {
      assert.equal(keyKind({ algorithm, objectType, length }), kind);
    });
  }
});
