// Pairs for runs of tests: post-quantum keys take long, and there are very many runs. All stores are given the same
// ones, and each store another one each time, until it has had many.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { generateKeyPair, type GeneratedPair } from '../../src/crypto/keys/generate-key-pair.js';
import type { FormattedKeyMaterial } from '../../src/crypto/keys/formatted-key-material.js';
import type { PairKind } from '../../src/crypto/keys/pair-kind.js';
import { withQuickRsa } from './quick-rsa.js';

const AT_LEAST_APART = 24;

/** Names a folder in which the processes of a run of all tests leave pairs for each other. */
export const PAIRS_VARIABLE = 'KMS_TEST_PAIRS';

/** By kind, in the order in which every store is given them. */
const pools = new Map<string, Promise<GeneratedPair>[]>();
/** How many of a kind a store was given. */
const given = new Map<string, number>();

/** Returns what makes pairs for a store, not of necessity new ones. */
export function pairsFor(store: string): (kind: PairKind) => Promise<GeneratedPair> {
  return async (kind) => {
    if (kind.kind !== 'pqc') return withQuickRsa(() => generateKeyPair(kind));
    const name = JSON.stringify(kind);
    const pool = pools.get(name) ?? [];
    pools.set(name, pool);
    const counted = `${store} ${name}`;
    const number = given.get(counted) ?? 0;
    given.set(counted, number + 1);
    const index = number % AT_LEAST_APART;
    return copyOf(await (pool[index] ??= leftOrMade(kind, `${name} ${index}`)));
  };
}

async function leftOrMade(kind: PairKind, name: string): Promise<GeneratedPair> {
  const folder = process.env[PAIRS_VARIABLE];
  if (folder === undefined) return generateKeyPair(kind);
  const file = join(folder, createHash('sha256').update(name).digest('hex'));
  if (existsSync(file)) return deserialize(readFileSync(file)) as GeneratedPair;
  const made = await generateKeyPair(kind);
  const whole = join(folder, randomUUID());
  writeFileSync(whole, serialize(made));
  renameSync(whole, file);
  return made;
}

/** Whoever gets bytes wipes them. */
function copyOf(pair: GeneratedPair): GeneratedPair {
  const { privateKey, publicKey } = pair;
  return { ...pair, privateKey: keyOf(privateKey), publicKey: keyOf(publicKey) };
}

function keyOf<T extends FormattedKeyMaterial>(plainKey: T): T {
  const { material } = plainKey;
  if (material.kind !== 'bytes') return plainKey;
  return { ...plainKey, material: { kind: 'bytes', bytes: Buffer.from(material.bytes) } };
}
