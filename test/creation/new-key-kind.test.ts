// Which kind of key the flags of `kms key create` ask for.
import assert from 'node:assert/strict';
import { newKeyKind, type KindFlags } from '../../src/creation/new-key-kind.js';

const RSA = { kind: 'rsa', publicExponent: 65_537, cryptographicAlgorithm: 'RSA' };

describe('new key kind', () => {
  const made: readonly [Partial<KindFlags>, object][] = [
    [{}, { kind: 'symmetric', algorithm: 'AES', lengthBits: 256 }],
    [{ length: 128 }, { kind: 'symmetric', algorithm: 'AES', lengthBits: 128 }],
    [{ type: 'rsa' }, { ...RSA, modulusBits: 3072 }],
    [
      { type: 'rsa', length: 4096 },
      { ...RSA, modulusBits: 4096 },
    ],
    [{ type: 'ec' }, { kind: 'curve', curve: 'P256', cryptographicAlgorithm: 'ECDH' }],
    [
      { type: 'pqc', algorithm: 'MLDSA_65' },
      { kind: 'pqc', cryptographicAlgorithm: 'MLDSA_65' },
    ],
  ];
  for (const [flags, expected] of made) {
    it(`takes ${JSON.stringify(flags)}, and the defaults of its type`, () => {
      assert.deepEqual(newKeyKind({ ...NO_FLAGS, ...flags }), expected);
    });
  }

  const refused: readonly [Partial<KindFlags>, string][] = [
    [{ type: 'rsa', algorithm: 'AES' }, '--algorithm cannot be used with --type rsa'],
    [{ type: 'ec', length: 256 }, '--length cannot be used with --type ec'],
    [{ type: 'rsa', curve: 'P256' }, '--curve cannot be used with --type rsa'],
    [
      { type: 'symmetric', algorithm: 'MLDSA_65' },
      '--algorithm MLDSA_65 cannot be used with --type symmetric',
    ],
    [{ type: 'rsa', length: 1024 }, 'RSA keys of 1024 bits cannot be created'],
    [{ type: 'rsa', length: 2049 }, 'RSA keys of 2049 bits cannot be created'],
    [{ type: 'ec', curve: 'P192' }, 'keys on the curve "P192" cannot be created'],
    [{ type: 'ec', curve: 'nonsense' }, 'keys on the curve "nonsense" cannot be created'],
    [{ type: 'pqc' }, '--type pqc needs an --algorithm'],
  ];
  for (const [flags, message] of refused) {
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => newKeyKind({ ...NO_FLAGS, ...flags }), {
        reason: 'InvalidArgument',
        message,
      });
    });
  }
});

const NO_FLAGS: KindFlags = {
  type: 'symmetric',
  algorithm: undefined,
  length: undefined,
  curve: undefined,
};
