// The built program makes slow pairs in its worker threads, and ends when they are made.
import assert from 'node:assert/strict';
import type { PairKind } from '../../src/crypto/keys/pair-kind.js';
import { runOn } from '../support/binary.js';
import { rotateOf } from '../support/documents.js';
import { aKeyPair } from '../support/pairs.js';
import { insertRows, newStorePath } from '../support/sqlite.js';

const KINDS: readonly PairKind[] = [
  { kind: 'rsa', modulusBits: 1024, publicExponent: 65537, cryptographicAlgorithm: 'RSA' },
  { kind: 'pqc', cryptographicAlgorithm: 'MLDSA_44' },
  { kind: 'pqc', cryptographicAlgorithm: 'SLHDSA_SHA2_128f' },
  { kind: 'curve', curve: 'CURVEED448', cryptographicAlgorithm: 'Ed448' },
];

describe('rotate due with pairs', () => {
  for (const flags of [['--dry-run'], []]) {
    it(`rotates a pair of each kind ${flags.join('')}`, async () => {
      const store = await newStorePath();
      for (const [index, kind] of [...KINDS, ...KINDS].entries()) {
        const { privateKey, publicKey } = await aKeyPair({ uid: `pair-${index}` }, kind);
        insertRows(store, [privateKey.row, publicKey.row]);
      }
      const { code, stdout, stderr } = await runOn(store, ['rotate', 'due', '--json', ...flags]);
      assert.deepEqual([code, stderr], [0, '']);
      const { results } = rotateOf(stdout);
      const outcome = flags.length > 0 ? 'would-rotate' : 'rotated';
      assert.deepEqual(
        results.map((result) => [result.outcome, result.publicKeyUid]).sort(),
        [...KINDS, ...KINDS].map((_, index) => [outcome, `pair-${index}_pk`]),
      );
    });
  }
});
