// Generates post-quantum pairs, fresh or from a seed. @noble/post-quantum is loaded with the first key of a family.
// The caller wipes the keys.
import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import type { KeyMaterial } from '../../kmip/key-material.js';
import { toBigEndian } from '../der.js';
import { X25519_BYTES, type PqcAlgorithm } from './pqc-algorithms.js';
import type { PqcPrivateKey } from './pqc-encoding.js';
import { transparentMaterialOf } from '../keys/transparent-material.js';

export interface PqcKeyPair {
  readonly privateKey: PqcPrivateKey;
  readonly publicKey: Buffer;
}

/** What this file uses of an algorithm in `@noble/post-quantum`. */
interface Generator {
  readonly lengths: { readonly seed?: number };
  readonly keygen: (seed: Uint8Array) => { secretKey: Uint8Array; publicKey: Uint8Array };
}

const GENERATORS: Readonly<Record<string, () => Promise<Generator>>> = {
  MLKEM_512: async () => (await mlKem()).ml_kem512,
  MLKEM_768: async () => (await mlKem()).ml_kem768,
  MLKEM_1024: async () => (await mlKem()).ml_kem1024,
  MLDSA_44: async () => (await mlDsa()).ml_dsa44,
  MLDSA_65: async () => (await mlDsa()).ml_dsa65,
  MLDSA_87: async () => (await mlDsa()).ml_dsa87,
  SLHDSA_SHA2_128s: async () => (await slhDsa()).slh_dsa_sha2_128s,
  SLHDSA_SHA2_128f: async () => (await slhDsa()).slh_dsa_sha2_128f,
  SLHDSA_SHA2_192s: async () => (await slhDsa()).slh_dsa_sha2_192s,
  SLHDSA_SHA2_192f: async () => (await slhDsa()).slh_dsa_sha2_192f,
  SLHDSA_SHA2_256s: async () => (await slhDsa()).slh_dsa_sha2_256s,
  SLHDSA_SHA2_256f: async () => (await slhDsa()).slh_dsa_sha2_256f,
  SLHDSA_SHAKE_128s: async () => (await slhDsa()).slh_dsa_shake_128s,
  SLHDSA_SHAKE_128f: async () => (await slhDsa()).slh_dsa_shake_128f,
  SLHDSA_SHAKE_192s: async () => (await slhDsa()).slh_dsa_shake_192s,
  SLHDSA_SHAKE_192f: async () => (await slhDsa()).slh_dsa_shake_192f,
  SLHDSA_SHAKE_256s: async () => (await slhDsa()).slh_dsa_shake_256s,
  SLHDSA_SHAKE_256f: async () => (await slhDsa()).slh_dsa_shake_256f,
  X25519MLKEM768: async () => (await mlKem()).ml_kem768,
};

const mlKem = () => import('@noble/post-quantum/ml-kem.js');
const mlDsa = () => import('@noble/post-quantum/ml-dsa.js');
const slhDsa = () => import('@noble/post-quantum/slh-dsa.js');

/** Returns a new pair. A seed determines the pair, except for the X25519 part of the hybrid. */
export async function generatePqcKeyPair(
  algorithm: PqcAlgorithm,
  seed?: Buffer,
): Promise<PqcKeyPair> {
  const load = GENERATORS[algorithm.name];
  if (load === undefined) throw new TypeError(`nothing makes keys of ${algorithm.name}`);
  const generator = await load();
  const entropy = seed === undefined ? randomBytes(generator.lengths.seed ?? 0) : Buffer.from(seed);
  const { secretKey, publicKey } = generator.keygen(entropy);
  const expanded = bufferOf(secretKey);
  if (algorithm.family === 'hybrid') {
    entropy.fill(0);
    return await withX25519(expanded, publicKey);
  }
  if (algorithm.seedBytes === 0) entropy.fill(0);
  return {
    privateKey: { seed: algorithm.seedBytes === 0 ? null : entropy, expanded },
    publicKey: bufferOf(publicKey),
  };
}

async function withX25519(expanded: Buffer, publicKey: Uint8Array): Promise<PqcKeyPair> {
  const pair = await x25519Pair();
  const scalar = rawPrivateBytes(transparentMaterialOf(pair.privateKey, 'TransparentECPrivateKey'));
  const point = transparentMaterialOf(pair.publicKey, 'TransparentECPublicKey');
  if (point.kind !== 'ec-public') throw new TypeError('an X25519 key without public bytes');
  const both = Buffer.concat([expanded, scalar]);
  expanded.fill(0);
  scalar.fill(0);
  return {
    privateKey: { seed: null, expanded: both },
    publicKey: Buffer.concat([publicKey, point.q]),
  };
}

// Asynchronous, because exporting a KeyObject of generateKeyPairSync can hang the process for ever (Node 20).
function x25519Pair(): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return new Promise((resolve, reject) => {
    generateKeyPair('x25519', undefined, (error, publicKey, privateKey) => {
      if (error === null) resolve({ publicKey, privateKey });
      else reject(error);
    });
  });
}

function rawPrivateBytes(material: KeyMaterial): Buffer {
  if (material.kind !== 'ec-private') throw new TypeError('an X25519 key without private bytes');
  return toBigEndian(material.d, X25519_BYTES);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
