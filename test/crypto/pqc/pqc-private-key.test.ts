// The expanded private key behind each form of PKCS#8, and whether a public key belongs to it. The keys stored as
// their seed alone are OpenSSL's (vectors/pqc-seed-alone.json says of which version).
import { needNodeWithOpenssl35, checkedByOpenssl } from '../../support/openssl-35.js';
import assert from 'node:assert/strict';
import { generatePqcKeyPair } from '../../../src/crypto/pqc/generate-pqc-key-pair.js';
import { pqcAlgorithm, type PqcAlgorithm } from '../../../src/crypto/pqc/pqc-algorithms.js';
import {
  decodePqcPrivateKey,
  decodePqcPublicKey,
  encodePqcPrivateKey,
  encodePqcPublicKey,
} from '../../../src/crypto/pqc/pqc-encoding.js';
import { expandPqcPrivateKey, isPqcKeyPair } from '../../../src/crypto/pqc/pqc-private-key.js';
import { pqcSign, pqcVerify } from '../../../src/crypto/pqc/pqc-signing.js';
import vectors from '../vectors/pqc-seed-alone.json' with { type: 'json' };
import { valuesOf } from '../../support/values-of.js';

interface Pair {
  readonly name: string;
  readonly algorithm: PqcAlgorithm;
  readonly pkcs8: Buffer;
  readonly publicKey: Buffer;
}

const PAIRS: readonly Pair[] = vectors.pairs.map(({ name, privateKey, publicKey }) => {
  const algorithm = pqcAlgorithm(name)!;
  const spki = Buffer.from(publicKey, 'base64');
  const pkcs8 = Buffer.from(privateKey, 'base64');
  return { name, algorithm, pkcs8, publicKey: decodePqcPublicKey(algorithm, spki) };
});

describe('a post-quantum private key stored as its seed alone', () => {
  it('has vectors of every algorithm with a seed', () => {
    const names = ['MLKEM_512', 'MLKEM_768', 'MLKEM_1024', 'MLDSA_44', 'MLDSA_65', 'MLDSA_87'];
    assert.deepEqual(valuesOf(PAIRS, 'name'), names);
    for (const { algorithm, pkcs8 } of PAIRS) {
      const { seed, expanded } = decodePqcPrivateKey(algorithm, pkcs8);
      assert.deepEqual([seed?.length, expanded], [algorithm.seedBytes, null]);
    }
  });

  for (const { name, algorithm, pkcs8, publicKey } of PAIRS) {
    it(`expands to the ${name} key of its public key (RFC 9935 §6, RFC 9881 §6)`, async () => {
      const expanded = await expandPqcPrivateKey(algorithm, pkcs8);
      assert.equal(expanded.length, algorithm.privateBytes);
      assert.ok(isPqcKeyPair(algorithm, expanded, publicKey));
      const other = Buffer.from(publicKey);
      other[0]! ^= 1;
      assert.ok(!isPqcKeyPair(algorithm, expanded, other));
    });
  }

  it('expands to a key that OpenSSL takes for the same pair', async function () {
    const node = needNodeWithOpenssl35(this);
    const pairs = await Promise.all(
      PAIRS.map(async ({ name, algorithm, pkcs8, publicKey }) => {
        const { seed } = decodePqcPrivateKey(algorithm, pkcs8);
        const expanded = await expandPqcPrivateKey(algorithm, pkcs8);
        return {
          name,
          family: algorithm.family,
          privateKey: encodePqcPrivateKey(algorithm, { seed, expanded }).toString('base64'),
          publicKey: encodePqcPublicKey(algorithm, publicKey).toString('base64'),
        };
      }),
    );
    assert.deepEqual(
      checkedByOpenssl(node, pairs),
      pairs.map(({ name }) => ({ name, belongs: true, works: true, same: true })),
    );
  });

  it('signs so that its public key verifies (ML-DSA)', async () => {
    const { algorithm, pkcs8, publicKey } = PAIRS.find(({ name }) => name === 'MLDSA_44')!;
    const message = Buffer.from('a message');
    const signature = await pqcSign(
      algorithm,
      await expandPqcPrivateKey(algorithm, pkcs8),
      message,
    );
    assert.ok(await pqcVerify(algorithm, publicKey, message, signature));
  });

  it('is not written to: expansion copies the seed, and the caller may wipe the result', async () => {
    const { algorithm, pkcs8 } = PAIRS[0]!;
    const before = Buffer.from(pkcs8);
    (await expandPqcPrivateKey(algorithm, pkcs8)).fill(0);
    assert.deepEqual(pkcs8, before);
  });
});

describe('a post-quantum private key stored with its expanded form', () => {
  it('expands to a copy, so that the caller may wipe it', async () => {
    const algorithm = pqcAlgorithm('MLKEM_512')!;
    const { privateKey } = await generatePqcKeyPair(algorithm);
    const stored = encodePqcPrivateKey(algorithm, privateKey);
    const expanded = await expandPqcPrivateKey(algorithm, stored);
    assert.deepEqual(expanded, privateKey.expanded);
    expanded.fill(0);
    assert.deepEqual(await expandPqcPrivateKey(algorithm, stored), privateKey.expanded);
  });
});

describe('the pair of a hybrid', () => {
  it('needs both its ML-KEM and its X25519 key to match', async () => {
    const algorithm = pqcAlgorithm('X25519MLKEM768')!;
    const { privateKey, publicKey } = await generatePqcKeyPair(algorithm);
    const other = await generatePqcKeyPair(algorithm);
    assert.ok(isPqcKeyPair(algorithm, privateKey.expanded, publicKey));
    const otherX25519 = Buffer.concat([publicKey.subarray(0, -32), other.publicKey.subarray(-32)]);
    const otherMlKem = Buffer.concat([other.publicKey.subarray(0, -32), publicKey.subarray(-32)]);
    assert.ok(!isPqcKeyPair(algorithm, privateKey.expanded, otherX25519));
    assert.ok(!isPqcKeyPair(algorithm, privateKey.expanded, otherMlKem));
  });
});
