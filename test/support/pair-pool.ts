// Pairs for runs of tests: RSA and post-quantum keys take long, and there are very many runs. All stores are given the
// same ones, and each store another one each time, until it has had many.
import { generateKeyPair, type GeneratedPair } from '../../src/crypto/key-pair.js';
import type { Half, PairKind } from '../../src/crypto/pair-kind.js';

const AT_LEAST_APART = 24;

/** By kind, in the order in which every store is given them. */
const pools = new Map<string, Promise<GeneratedPair>[]>();
/** How many of a kind a store was given. */
const given = new Map<string, number>();

/** Returns what makes pairs for a store, not of necessity new ones. */
export function pairsFor(store: string): (kind: PairKind) => Promise<GeneratedPair> {
  return async (kind) => {
    // Others are made quickly.
    if (kind.kind === 'curve') return generateKeyPair(kind);
    const name = JSON.stringify(kind);
    const pool = pools.get(name) ?? [];
    pools.set(name, pool);
    const counted = `${store} ${name}`;
    const number = given.get(counted) ?? 0;
    given.set(counted, number + 1);
    const index = number % AT_LEAST_APART;
    return copyOf(await (pool[index] ??= generateKeyPair(kind)));
  };
}

/** Whoever gets bytes wipes them. */
function copyOf(pair: GeneratedPair): GeneratedPair {
  const { privateKey, publicKey } = pair;
  return { ...pair, privateKey: halfOf(privateKey), publicKey: halfOf(publicKey) };
}

function halfOf<T extends Half>(half: T): T {
  const { material } = half;
  if (material.kind !== 'bytes') return half;
  return { ...half, material: { kind: 'bytes', bytes: Buffer.from(material.bytes) } };
}
