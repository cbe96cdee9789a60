// Generates pairs of a given kind, both keys in the format in which the server stores them (storage format §2.4).
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generate,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { JsonObject } from '../../kmip/json.js';
import { requireCurve } from './curve-key.js';
import type { Curve } from './curves.js';
import { toBigEndian } from '../der.js';
import type { FormattedKeyMaterial } from './formatted-key-material.js';
import { unsupportedKey } from './key-errors.js';
import type { PairKind } from './pair-kind.js';
import { generatePqcKeyPair } from '../pqc/generate-pqc-key-pair.js';
import { pqcAlgorithm, pqcKeyFormatType } from '../pqc/pqc-algorithms.js';
import { encodePqcPrivateKey, encodePqcPublicKey } from '../pqc/pqc-encoding.js';
import { transparentMaterialOf } from './transparent-material.js';

interface GeneratedKey extends FormattedKeyMaterial {
  /** As the server counts it, in Key Block and attributes. */
  readonly cryptographicLength: number;
}

export interface GeneratedPair {
  readonly cryptographicAlgorithm: string;
  /** The same for both keys; null if the algorithm has none. */
  readonly cryptographicDomainParameters: JsonObject | null;
  readonly privateKey: GeneratedKey;
  readonly publicKey: GeneratedKey;
}

/** Returns a new pair. RSA and post-quantum keys take long, and block the calling thread. */
export async function generateKeyPair(kind: PairKind): Promise<GeneratedPair> {
  switch (kind.kind) {
    case 'rsa':
      return rsaPair(kind, kind.modulusBits, kind.publicExponent);
    case 'curve':
      return curvePair(kind, kind.curve);
    case 'pqc':
      return pqcPair(kind);
  }
}

/** Wipes the material of a private key, if it is bytes: numbers cannot be wiped. */
export function wipePrivateKey({ material }: FormattedKeyMaterial): void {
  if (material.kind === 'bytes') material.bytes.fill(0);
}

/**
 * Synchronous, since Node's own pool has four threads whatever the machine. Through DER, since exporting a KeyObject of
 * generateKeyPairSync can hang the process (see test/support/fresh-keys.ts).
 */
function rsaPair(
  { cryptographicAlgorithm }: PairKind,
  modulusLength: number,
  publicExponent: number,
): GeneratedPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength,
    publicExponent,
    privateKeyEncoding: { format: 'der', type: 'pkcs1' },
    publicKeyEncoding: { format: 'der', type: 'pkcs1' },
  });
  try {
    const one = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs1' });
    const other = createPublicKey({ key: publicKey, format: 'der', type: 'pkcs1' });
    return {
      cryptographicAlgorithm,
      cryptographicDomainParameters: null,
      privateKey: transparent(one, 'TransparentRSAPrivateKey', modulusLength),
      publicKey: transparent(other, 'TransparentRSAPublicKey', modulusLength),
    };
  } finally {
    privateKey.fill(0);
  }
}

async function curvePair(kind: PairKind, name: string): Promise<GeneratedPair> {
  const curve = requireCurve(name);
  const { privateKey, publicKey } = await settled((done) => {
    generateOnCurve(curve, done);
  });
  const scalar = transparentMaterialOf(privateKey, 'TransparentECPrivateKey');
  const point = transparentMaterialOf(publicKey, 'TransparentECPublicKey');
  if (scalar.kind !== 'ec-private' || point.kind !== 'ec-public') {
    throw new TypeError('a key on a curve without its numbers');
  }
  const isPoint = curve.keyType === 'ec';
  return {
    cryptographicAlgorithm: kind.cryptographicAlgorithm,
    cryptographicDomainParameters: {
      Qlength: curve.qlength ?? scalar.d.toString(2).length,
      RecommendedCurve: curve.name,
    },
    privateKey: {
      keyFormatType: 'TransparentECPrivateKey',
      material: scalar,
      // The server counts the bytes of a scalar without leading zeros, and of a raw key with them.
      cryptographicLength: (isPoint ? toBigEndian(scalar.d).length : curve.privateBytes) * 8,
    },
    publicKey: {
      keyFormatType: 'TransparentECPublicKey',
      material: point,
      cryptographicLength: point.q.length * 8,
    },
  };
}

async function pqcPair({ cryptographicAlgorithm }: PairKind): Promise<GeneratedPair> {
  const algorithm = pqcAlgorithm(cryptographicAlgorithm);
  if (algorithm === undefined) throw unsupportedKey(`the algorithm ${cryptographicAlgorithm}`);
  const { privateKey, publicKey } = await generatePqcKeyPair(algorithm);
  const { cryptographicLength } = algorithm;
  const keyFormatType = pqcKeyFormatType(algorithm);
  const plainKey = (bytes: Buffer): GeneratedKey => ({
    keyFormatType,
    material: { kind: 'bytes', bytes },
    cryptographicLength,
  });
  try {
    return {
      cryptographicAlgorithm,
      cryptographicDomainParameters: null,
      privateKey: plainKey(encodePqcPrivateKey(algorithm, privateKey)),
      publicKey: plainKey(encodePqcPublicKey(algorithm, publicKey)),
    };
  } finally {
    privateKey.seed?.fill(0);
    privateKey.expanded.fill(0);
  }
}

type Done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => void;

function generateOnCurve(curve: Curve, done: Done): void {
  switch (curve.keyType) {
    case 'ec':
      generate('ec', { namedCurve: curve.openssl }, done);
      return;
    case 'x25519':
      generate('x25519', undefined, done);
      return;
    case 'x448':
      generate('x448', undefined, done);
      return;
    case 'ed25519':
      generate('ed25519', undefined, done);
      return;
    case 'ed448':
      generate('ed448', undefined, done);
  }
}

function settled(
  start: (done: Done) => void,
): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return new Promise((resolve, reject) => {
    start((error, publicKey, privateKey) => {
      if (error === null) resolve({ publicKey, privateKey });
      else reject(error);
    });
  });
}

function transparent(
  key: KeyObject,
  keyFormatType: string,
  cryptographicLength: number,
): GeneratedKey {
  return {
    keyFormatType,
    material: transparentMaterialOf(key, keyFormatType),
    cryptographicLength,
  };
}
