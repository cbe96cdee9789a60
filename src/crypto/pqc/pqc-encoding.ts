// Post-quantum keys as bytes: which algorithms a store holds, their sizes, and PKCS#8 and SPKI around them as
// OpenSSL 3.5 writes them (storage format §2.4). Making such keys is pqc-generation.ts's business.
import { createHash } from 'node:crypto';
import { KmsError } from '../../errors.js';
import { der, DER, derBitString, derInteger, derObjectIdentifier, readDer } from '../der.js';

export interface PqcAlgorithm {
  /** KMIP's name. */
  readonly name: string;
  readonly family: 'ML-KEM' | 'ML-DSA' | 'SLH-DSA' | 'hybrid';
  /** The last arc of the object identifier below NIST's algorithms, in hex; null for what stands bare. */
  readonly arc: string | null;
  /** Bytes of the seed that stands before the expanded private key; 0 if there is none. */
  readonly seedBytes: number;
  readonly privateBytes: number;
  readonly publicBytes: number;
  /** What the server writes as CryptographicLength of both halves. */
  readonly cryptographicLength: number;
}

export interface PqcPrivateKey {
  readonly seed: Buffer | null;
  readonly expanded: Buffer;
}

/** Key encapsulation (FIPS 203), signatures (FIPS 204, FIPS 205), and ML-KEM-768 followed by X25519. */
const PQC_ALGORITHMS: readonly PqcAlgorithm[] = [
  mlKem('MLKEM_512', '0401', 512, 1632, 800),
  mlKem('MLKEM_768', '0402', 768, 2400, 1184),
  mlKem('MLKEM_1024', '0403', 1024, 3168, 1568),
  mlDsa('MLDSA_44', '0311', 2560, 1312),
  mlDsa('MLDSA_65', '0312', 4032, 1952),
  mlDsa('MLDSA_87', '0313', 4896, 2592),
  ...['SHA2', 'SHAKE'].flatMap((hash, row) =>
    ['128s', '128f', '192s', '192f', '256s', '256f'].map((set, column) =>
      slhDsa(`SLHDSA_${hash}_${set}`, 0x14 + row * 6 + column, Number.parseInt(set) / 8),
    ),
  ),
  {
    name: 'X25519MLKEM768',
    family: 'hybrid',
    arc: null,
    seedBytes: 0,
    privateBytes: 2432,
    publicBytes: 1216,
    cryptographicLength: 768,
  },
];

export const PQC_ALGORITHM_NAMES: readonly string[] = PQC_ALGORITHMS.map(({ name }) => name);

/** Bytes of the X25519 key that ends either half of the hybrid. */
export const X25519_BYTES = 32;

/** 2.16.840.1.101.3.4, below which NIST numbers its algorithms. */
const NIST_ALGORITHMS = '60864801650304';

/** Returns the post-quantum algorithm of a KMIP name, or undefined. */
export function pqcAlgorithm(name: string | null): PqcAlgorithm | undefined {
  return PQC_ALGORITHMS.find((algorithm) => algorithm.name === name);
}

/** Returns the algorithm that an object identifier names, DER without its header, or undefined. */
export function pqcAlgorithmOfOid(identifier: Buffer): PqcAlgorithm | undefined {
  const hex = identifier.toString('hex');
  return PQC_ALGORITHMS.find(({ arc }) => arc !== null && hex === NIST_ALGORITHMS + arc);
}

/** Returns the AlgorithmIdentifier of keys and signatures of an algorithm. */
export function pqcAlgorithmIdentifier({ arc, name }: PqcAlgorithm): Buffer {
  if (arc === null) throw new TypeError(`${name} has no identifier`);
  return identifierOf(arc);
}

/** Returns the private key as stored: PKCS#8, or bare bytes. */
export function encodePqcPrivateKey(algorithm: PqcAlgorithm, key: PqcPrivateKey): Buffer {
  const { seed, expanded } = key;
  if (algorithm.arc === null) return Buffer.from(expanded);
  const seedAndKey = seed === null ? null : [octets(seed), octets(expanded)];
  const inner = seedAndKey === null ? Buffer.from(expanded) : der(DER.sequence, ...seedAndKey);
  const wrapped = octets(inner);
  const identifier = identifierOf(algorithm.arc);
  const bytes = der(DER.sequence, derInteger(0n), identifier, wrapped);
  for (const buffer of [...(seedAndKey ?? []), inner, wrapped]) buffer.fill(0);
  return bytes;
}

/** Returns the public key as stored: SubjectPublicKeyInfo, or bare bytes. */
export function encodePqcPublicKey(algorithm: PqcAlgorithm, publicKey: Uint8Array): Buffer {
  if (algorithm.arc === null) return Buffer.from(publicKey);
  return der(DER.sequence, identifierOf(algorithm.arc), derBitString(publicKey));
}

/**
 * Returns a stored private key's parts, views of its bytes.
 *
 * @throws KmsError MalformedObject if it is no private key of the algorithm; Unsupported if it is a seed alone.
 */
export function decodePqcPrivateKey(algorithm: PqcAlgorithm, bytes: Buffer): PqcPrivateKey {
  const inner = algorithm.arc === null ? bytes : pkcs8Content(algorithm.arc, bytes);
  if (inner?.length === algorithm.privateBytes && algorithm.seedBytes === 0) {
    return { seed: null, expanded: inner };
  }
  // RFC 9881 and RFC 9935: a seed, an expanded key, or both in a sequence.
  const [first] = (inner === null ? null : readDer(inner)) ?? [];
  if (first?.tag === DER.implicit0 && first.value.length === algorithm.seedBytes) {
    throw new KmsError('Unsupported', `a key of ${algorithm.name} stored as its seed alone`, {
      hint: 'rotate it with the server that made it, or disarm it',
    });
  }
  const [seed, expanded] =
    first?.tag === DER.sequence ? (readDer(first.value) ?? []) : [undefined, first];
  if (
    algorithm.seedBytes === 0 ||
    expanded?.tag !== DER.octetString ||
    expanded.value.length !== algorithm.privateBytes ||
    (seed !== undefined && seed.value.length !== algorithm.seedBytes)
  ) {
    throw malformed(`the material is no private key of ${algorithm.name}`);
  }
  return { seed: seed?.value ?? null, expanded: expanded.value };
}

/** Returns a stored public key's bytes, a view. @throws KmsError MalformedObject if they are none. */
export function decodePqcPublicKey(algorithm: PqcAlgorithm, bytes: Buffer): Buffer {
  const key = algorithm.arc === null ? bytes : spkiContent(algorithm.arc, bytes);
  if (key?.length === algorithm.publicBytes) return key;
  throw malformed(`the material is no public key of ${algorithm.name}`);
}

/**
 * Says whether a public key is that of a private key, by what the private key holds of it: itself, or its
 * hash. The X25519 part of a hybrid is the caller's to compare.
 */
export function holdsPublicKey(
  algorithm: PqcAlgorithm,
  { expanded }: PqcPrivateKey,
  publicKey: Buffer,
): boolean {
  switch (algorithm.family) {
    case 'ML-KEM':
      // FIPS 203 §7.1: dkPKE, ek, H(ek), z.
      return expanded.subarray(-64 - publicKey.length, -64).equals(publicKey);
    case 'hybrid': {
      const ek = publicKey.subarray(0, -X25519_BYTES);
      return expanded.subarray(-X25519_BYTES - 64 - ek.length, -X25519_BYTES - 64).equals(ek);
    }
    case 'ML-DSA':
      // FIPS 204 algorithm 24: rho, K, tr, …, where tr is the hash of the public key.
      return createHash('shake256', { outputLength: 64 })
        .update(publicKey)
        .digest()
        .equals(expanded.subarray(64, 128));
    case 'SLH-DSA':
      // FIPS 205 figure 15: the public key ends the private key.
      return expanded.subarray(-publicKey.length).equals(publicKey);
  }
}

function pkcs8Content(arc: string, bytes: Buffer): Buffer | null {
  const [version, identifier, content] = fieldsOf(bytes);
  const known = version?.value.length === 1 && identifier?.value.equals(identifierValue(arc));
  return known === true && content?.tag === DER.octetString ? content.value : null;
}

function spkiContent(arc: string, bytes: Buffer): Buffer | null {
  const [identifier, content] = fieldsOf(bytes);
  if (identifier?.value.equals(identifierValue(arc)) !== true) return null;
  return content?.tag === DER.bitString && content.value[0] === 0
    ? content.value.subarray(1)
    : null;
}

function fieldsOf(bytes: Buffer) {
  const [outer, ...others] = readDer(bytes) ?? [];
  if (outer?.tag !== DER.sequence || others.length > 0) return [];
  return readDer(outer.value) ?? [];
}

function identifierOf(arc: string): Buffer {
  return der(DER.sequence, identifierValue(arc));
}

function identifierValue(arc: string): Buffer {
  return derObjectIdentifier(NIST_ALGORITHMS + arc);
}

function octets(bytes: Uint8Array): Buffer {
  return der(DER.octetString, bytes);
}

function mlKem(
  name: string,
  arc: string,
  cryptographicLength: number,
  privateBytes: number,
  publicBytes: number,
): PqcAlgorithm {
  return {
    name,
    family: 'ML-KEM',
    arc,
    seedBytes: 64,
    privateBytes,
    publicBytes,
    cryptographicLength,
  };
}

function mlDsa(name: string, arc: string, privateBytes: number, publicBytes: number): PqcAlgorithm {
  const cryptographicLength = publicBytes * 8;
  return {
    name,
    family: 'ML-DSA',
    arc,
    seedBytes: 32,
    privateBytes,
    publicBytes,
    cryptographicLength,
  };
}

/** `n` is the security parameter in bytes: a private key has four such parts, a public key two. */
function slhDsa(name: string, arc: number, n: number): PqcAlgorithm {
  return {
    name,
    family: 'SLH-DSA',
    arc: `03${arc.toString(16)}`,
    seedBytes: 0,
    privateBytes: 4 * n,
    publicBytes: 2 * n,
    cryptographicLength: 16 * n,
  };
}

function malformed(message: string): KmsError {
  return new KmsError('MalformedObject', message, {
    hint: 'compare the key with what its owner holds, and mend the row with the server that wrote it',
  });
}
