// Pairs for runs of tests: RSA keys take long, and there are very many runs. Each is given out again only after
// many others, so that no store has one of them twice.
import { generateKeyPair, type GeneratedPair } from '../../src/crypto/key-pair.js';
import type { PairKind } from '../../src/crypto/pair-kind.js';

const AT_LEAST_APART = 24;

const pools = new Map<string, { readonly pairs: GeneratedPair[]; given: number }>();

/** Returns a pair of a kind, not of necessity a new one. */
export async function pairFromPool(kind: PairKind): Promise<GeneratedPair> {
  // Others are made quickly, and consist of bytes, which whoever gets them wipes.
  if (kind.kind !== 'rsa') return generateKeyPair(kind);
  const name = JSON.stringify(kind);
  const pool = pools.get(name) ?? { pairs: [], given: 0 };
  pools.set(name, pool);
  const known = pool.pairs[pool.given % AT_LEAST_APART];
  pool.given += 1;
  if (known !== undefined) return known;
  const made = await generateKeyPair(kind);
  pool.pairs.push(made);
  return made;
}
