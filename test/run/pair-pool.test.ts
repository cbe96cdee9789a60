// Pairs made in worker threads (the built ones): they are what one thread makes, several at once, and a thread that
// fails costs one pair and not the others.
import assert from 'node:assert/strict';
import { isKeyPair } from '../../src/crypto/keys/is-key-pair.js';
import type { PairKind } from '../../src/crypto/keys/pair-kind.js';
import { oncePerKind, startPairPool, type PairPool } from '../../src/run/pair-pool.js';
import { ensureBuilt } from '../support/built.js';
import { P256 } from '../support/pairs.js';
import { valuesOf } from '../support/values-of.js';

const WORKER = new URL('../../dist/pair-worker.cjs', import.meta.url);

const RSA: PairKind = {
  kind: 'rsa',
  modulusBits: 1024,
  publicExponent: 65537,
  cryptographicAlgorithm: 'RSA',
};
const P384: PairKind = { kind: 'curve', curve: 'P384', cryptographicAlgorithm: 'ECDH' };
const pqc = (cryptographicAlgorithm: string): PairKind => ({ kind: 'pqc', cryptographicAlgorithm });

describe('pair pool', () => {
  let pool: PairPool;
  before(ensureBuilt);
  beforeEach(() => {
    pool = startPairPool(WORKER, 2);
  });
  afterEach(() => pool.close());

  it('makes more pairs of every kind at once than it has threads, each sound and none twice', async () => {
    const kinds = [RSA, RSA, RSA, P256, pqc('MLKEM_512'), pqc('MLDSA_44'), pqc('X25519MLKEM768')];
    const pairs = await Promise.all(kinds.map((kind) => pool.newPair(kind)));
    for (const [index, { privateKey, publicKey, cryptographicAlgorithm }] of pairs.entries()) {
      assert.equal(cryptographicAlgorithm, kinds[index]!.cryptographicAlgorithm);
      assert.ok(await isKeyPair(cryptographicAlgorithm, privateKey, publicKey));
    }
    const [one, other] = pairs;
    assert.notDeepEqual(one!.privateKey.material, other!.privateKey.material);
  });

  it('leaves this thread free meanwhile', async () => {
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    await pool.newPair(pqc('SLHDSA_SHA2_192f'));
    clearInterval(turning);
    assert.ok(turns > 0);
  });

  it('fails a pair that cannot be made, and goes on with the others', async () => {
    const results = await Promise.allSettled(
      [RSA, pqc('NONE'), RSA, pqc('NONE'), RSA].map((kind) => pool.newPair(kind)),
    );
    assert.deepEqual(valuesOf(results, 'status'), [
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('makes one of each kind only for who writes none', async () => {
    const newPair = oncePerKind(pool.newPair);
    assert.equal(await newPair(RSA), await newPair({ ...RSA }));
    assert.notEqual(await newPair(P256), await newPair(P384));
  });

  it('tries a kind again that could not be made', async () => {
    let tries = 0;
    const newPair = oncePerKind((kind) => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error('no memory')) : pool.newPair(kind);
    });
    await assert.rejects(newPair(P256), /no memory/);
    assert.equal(await newPair(P256), await newPair(P256));
    assert.equal(tries, 2);
  });
});
