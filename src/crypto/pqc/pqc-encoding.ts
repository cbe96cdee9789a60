// Post-quantum keys as stored bytes: PKCS#8 (RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, RFC 9909 for SLH-DSA) and
// SubjectPublicKeyInfo, as OpenSSL 3.5 writes them. pqc-private-key.ts expands a seed.
import { der, DER, derBitString, derInteger, readDer } from '../der.js';
import { malformedKey } from '../keys/key-errors.js';
import { pqcAlgorithmIdentifier, type PqcAlgorithm } from './pqc-algorithms.js';

/** The CHOICE of PKCS#8: `seed` [0], `expandedKey`, or `both`. Algorithms without seeds have the key alone. */
export type StoredPqcKey =
  | { readonly seed: Buffer; readonly expanded: null }
  | { readonly seed: null; readonly expanded: Buffer }
  | PqcPrivateKey;

export interface PqcPrivateKey {
  /** Null for algorithms without a seed, and if the store does not have it. */
  readonly seed: Buffer | null;
  readonly expanded: Buffer;
}

/** Returns a private key as stored: PKCS#8, or the bare bytes of a hybrid. */
export function encodePqcPrivateKey(algorithm: PqcAlgorithm, key: PqcPrivateKey): Buffer {
  const { seed, expanded } = key;
  if (algorithm.arc === null) return Buffer.from(expanded);
  const seedAndKey = seed === null ? null : [octets(seed), octets(expanded)];
  const inner = seedAndKey === null ? Buffer.from(expanded) : der(DER.sequence, ...seedAndKey);
  const wrapped = octets(inner);
  const identifier = pqcAlgorithmIdentifier(algorithm);
  const bytes = der(DER.sequence, derInteger(0n), identifier, wrapped);
  for (const buffer of [...(seedAndKey ?? []), inner, wrapped]) buffer.fill(0);
  return bytes;
}

/** Returns a public key as stored: SubjectPublicKeyInfo, or the bare bytes of a hybrid. */
export function encodePqcPublicKey(algorithm: PqcAlgorithm, publicKey: Uint8Array): Buffer {
  if (algorithm.arc === null) return Buffer.from(publicKey);
  return der(DER.sequence, pqcAlgorithmIdentifier(algorithm), derBitString(publicKey));
}

/** Returns the parts of a stored private key, as views of its bytes. @throws KmsError MalformedObject. */
export function decodePqcPrivateKey(algorithm: PqcAlgorithm, bytes: Buffer): StoredPqcKey {
  const { name, arc, seedBytes, privateBytes } = algorithm;
  const content = arc === null ? bytes : pkcs8Content(algorithm, bytes);
  if (content === null) throw malformedPrivateKey(name);
  if (seedBytes === 0) {
    if (content.length === privateBytes) return { seed: null, expanded: content };
    throw malformedPrivateKey(name);
  }
  const [choice, ...others] = readDer(content) ?? [];
  if (choice === undefined || others.length > 0) throw malformedPrivateKey(name);
  const { tag, value } = choice;
  if (tag === DER.implicit0 && value.length === seedBytes) return { seed: value, expanded: null };
  if (tag === DER.octetString && value.length === privateBytes) {
    return { seed: null, expanded: value };
  }
  const [seed, expanded, ...rest] = tag === DER.sequence ? (readDer(value) ?? []) : [];
  if (
    seed?.tag === DER.octetString &&
    seed.value.length === seedBytes &&
    expanded?.tag === DER.octetString &&
    expanded.value.length === privateBytes &&
    rest.length === 0
  ) {
    return { seed: seed.value, expanded: expanded.value };
  }
  throw malformedPrivateKey(name);
}

/** Returns the bytes of a stored public key, as a view. @throws KmsError MalformedObject. */
export function decodePqcPublicKey(algorithm: PqcAlgorithm, bytes: Buffer): Buffer {
  const key = algorithm.arc === null ? bytes : spkiContent(algorithm, bytes);
  if (key?.length === algorithm.publicBytes) return key;
  throw malformedKey(`the material is no public key of ${algorithm.name}`);
}

/** OneAsymmetricKey (RFC 5958): a version, an algorithm and an octet string. */
function pkcs8Content(algorithm: PqcAlgorithm, bytes: Buffer): Buffer | null {
  const [version, identifier, content] = fieldsOf(bytes);
  const known =
    version?.value.length === 1 && identifier?.whole.equals(pqcAlgorithmIdentifier(algorithm));
  return known === true && content?.tag === DER.octetString ? content.value : null;
}

function spkiContent(algorithm: PqcAlgorithm, bytes: Buffer): Buffer | null {
  const [identifier, content] = fieldsOf(bytes);
  if (identifier?.whole.equals(pqcAlgorithmIdentifier(algorithm)) !== true) return null;
  return content?.tag === DER.bitString && content.value[0] === 0
    ? content.value.subarray(1)
    : null;
}

function fieldsOf(bytes: Buffer) {
  const [outer, ...others] = readDer(bytes) ?? [];
  if (outer?.tag !== DER.sequence || others.length > 0) return [];
  return readDer(outer.value) ?? [];
}

function octets(bytes: Uint8Array): Buffer {
  return der(DER.octetString, bytes);
}

function malformedPrivateKey(name: string) {
  return malformedKey(`the material is no private key of ${name}`);
}
