// Signature algorithms of certificates: the one in an AlgorithmIdentifier, which of them a key can use, and the
// default for each type of key (RFC 4055, 5758, 8410, 9881, 9909).
import type { KeyObject } from 'node:crypto';
import { KmsError } from '../../errors.js';
import { der, DER, derInteger, derObjectIdentifier, dottedIdentifier, readDer } from '../der.js';
import {
  pqcAlgorithmIdentifier,
  pqcAlgorithmOfOid,
  type PqcAlgorithm,
} from '../pqc/pqc-algorithms.js';

export type SignatureAlgorithm =
  | { readonly kind: 'rsa'; readonly hash: Hash }
  | { readonly kind: 'rsa-pss'; readonly hash: Hash; readonly saltBytes: number }
  | { readonly kind: 'ec'; readonly hash: Hash }
  | { readonly kind: 'ed25519' | 'ed448' }
  | { readonly kind: 'pqc'; readonly algorithm: PqcAlgorithm };

/** The names of node:crypto. */
type Hash =
  | 'md5'
  | 'sha1'
  | 'sha224'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'sha512-224'
  | 'sha512-256'
  | 'sha3-224'
  | 'sha3-256'
  | 'sha3-384'
  | 'sha3-512';

/** Signatures with these hashes are still verified, but no longer made. */
const BROKEN: readonly Hash[] = ['md5', 'sha1'];

/** By object identifier: DER without its header, in hex. */
const SIGNATURES: Readonly<Record<string, SignatureAlgorithm>> = {
  '2a864886f70d010104': { kind: 'rsa', hash: 'md5' },
  '2a864886f70d010105': { kind: 'rsa', hash: 'sha1' },
  '2a864886f70d01010e': { kind: 'rsa', hash: 'sha224' },
  '2a864886f70d01010b': { kind: 'rsa', hash: 'sha256' },
  '2a864886f70d01010c': { kind: 'rsa', hash: 'sha384' },
  '2a864886f70d01010d': { kind: 'rsa', hash: 'sha512' },
  '2a864886f70d01010f': { kind: 'rsa', hash: 'sha512-224' },
  '2a864886f70d010110': { kind: 'rsa', hash: 'sha512-256' },
  '608648016503040310': { kind: 'rsa', hash: 'sha3-512' },
  '60864801650304030d': { kind: 'rsa', hash: 'sha3-224' },
  '60864801650304030e': { kind: 'rsa', hash: 'sha3-256' },
  '60864801650304030f': { kind: 'rsa', hash: 'sha3-384' },
  '2a8648ce3d0401': { kind: 'ec', hash: 'sha1' },
  '2a8648ce3d040301': { kind: 'ec', hash: 'sha224' },
  '2a8648ce3d040302': { kind: 'ec', hash: 'sha256' },
  '2a8648ce3d040303': { kind: 'ec', hash: 'sha384' },
  '2a8648ce3d040304': { kind: 'ec', hash: 'sha512' },
  '608648016503040309': { kind: 'ec', hash: 'sha3-224' },
  '60864801650304030a': { kind: 'ec', hash: 'sha3-256' },
  '60864801650304030b': { kind: 'ec', hash: 'sha3-384' },
  '60864801650304030c': { kind: 'ec', hash: 'sha3-512' },
  '2b6570': { kind: 'ed25519' },
  '2b6571': { kind: 'ed448' },
};

const RSASSA_PSS = '2a864886f70d01010a';
const MGF1 = '2a864886f70d010108';

const HASHES: Readonly<Record<string, Hash>> = {
  '2b0e03021a': 'sha1',
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
  '608648016503040205': 'sha512-224',
  '608648016503040206': 'sha512-256',
  '608648016503040207': 'sha3-224',
  '608648016503040208': 'sha3-256',
  '608648016503040209': 'sha3-384',
  '60864801650304020a': 'sha3-512',
};

/** An algorithm with its AlgorithmIdentifier. */
export interface ChosenAlgorithm {
  readonly algorithm: SignatureAlgorithm;
  readonly identifier: Buffer;
}

/** Returns the algorithm of an AlgorithmIdentifier, or null if we do not know it. */
export function parseSignatureAlgorithm(identifier: Buffer): SignatureAlgorithm | null {
  const [outer] = readDer(identifier) ?? [];
  const [id, parameters] = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  if (id?.tag !== DER.objectIdentifier) return null;
  const hex = id.value.toString('hex');
  if (hex === RSASSA_PSS) return pssAlgorithm(parameters?.value ?? Buffer.alloc(0));
  const pqc = pqcAlgorithmOfOid(id.value);
  if (pqc !== undefined) return { kind: 'pqc', algorithm: pqc };
  return SIGNATURES[hex] ?? null;
}

/** Returns the object identifier of an algorithm that we do not know, for an error message. */
export function signatureAlgorithmName(identifier: Buffer): string {
  const [outer] = readDer(identifier) ?? [];
  const [id] = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  return id === undefined ? 'without a name' : dottedIdentifier(id.value);
}

/**
 * Returns the first preferred algorithm that a key of this type can use and that is not broken; otherwise the default
 * for such keys.
 *
 * @throws KmsError Unsupported if keys of this type make no signatures.
 */
export function chooseSignatureAlgorithm(
  key: KeyObject | PqcAlgorithm,
  preferred: readonly Buffer[],
): ChosenAlgorithm {
  for (const identifier of preferred) {
    const algorithm = parseSignatureAlgorithm(identifier);
    if (algorithm !== null && isAlgorithmFor(algorithm, key) && !hasBrokenHash(algorithm)) {
      return { algorithm, identifier };
    }
  }
  return defaultFor(key);
}

/** Says whether an algorithm is too weak for new signatures. */
export function hasBrokenHash(algorithm: SignatureAlgorithm): boolean {
  return 'hash' in algorithm && BROKEN.includes(algorithm.hash);
}

/** Says whether a key can make or verify signatures of an algorithm. */
export function isAlgorithmFor(
  algorithm: SignatureAlgorithm,
  key: KeyObject | PqcAlgorithm,
): boolean {
  if ('family' in key) return algorithm.kind === 'pqc' && algorithm.algorithm.name === key.name;
  const type = algorithm.kind === 'rsa-pss' ? 'rsa' : algorithm.kind;
  return key.asymmetricKeyType === type;
}

function defaultFor(key: KeyObject | PqcAlgorithm): ChosenAlgorithm {
  if ('family' in key) {
    if (!key.family.endsWith('DSA')) throw signsNothing(key.name);
    return { algorithm: { kind: 'pqc', algorithm: key }, identifier: pqcAlgorithmIdentifier(key) };
  }
  const type = key.asymmetricKeyType ?? 'none';
  const wanted = ({ kind, ...rest }: SignatureAlgorithm) =>
    kind === type && (!('hash' in rest) || rest.hash === defaultHash(key));
  const [hex, algorithm] =
    Object.entries(SIGNATURES).find(([, candidate]) => wanted(candidate)) ?? [];
  if (hex === undefined || algorithm === undefined) throw signsNothing(type);
  // RSA has NULL as its parameters, the others have none.
  const parameters = algorithm.kind === 'rsa' ? [der(DER.null)] : [];
  const identifier = der(DER.sequence, derObjectIdentifier(hex), ...parameters);
  return { algorithm, identifier };
}

/** Returns a hash as strong as the curve (FIPS 186-5 §6.4.2); SHA-256 for RSA. */
function defaultHash({ asymmetricKeyDetails }: KeyObject): Hash {
  if (asymmetricKeyDetails?.namedCurve === 'secp384r1') return 'sha384';
  return asymmetricKeyDetails?.namedCurve === 'secp521r1' ? 'sha512' : 'sha256';
}

const TAG_HASH = 0xa0;
const TAG_MASK = 0xa1;
const TAG_SALT = 0xa2;

/**
 * Parses RSASSA-PSS-params (RFC 4055 §3.1), each with a default; null for two different hashes, which Node cannot use.
 */
function pssAlgorithm(parameters: Buffer): SignatureAlgorithm | null {
  const fields = new Map((readDer(parameters) ?? []).map(({ tag, value }) => [tag, value]));
  const hash = hashIn(fields.get(TAG_HASH));
  const [mask] = readDer(fields.get(TAG_MASK) ?? Buffer.alloc(0)) ?? [];
  const [generator, maskHash] = readDer(mask?.value ?? Buffer.alloc(0)) ?? [];
  const sameHash = mask === undefined ? 'sha1' : hashIn(maskHash?.whole);
  const isMgf1 = generator === undefined || generator.value.toString('hex') === MGF1;
  const [salt] = readDer(fields.get(TAG_SALT) ?? derInteger(20n)) ?? [];
  if (hash === null || sameHash !== hash || !isMgf1 || salt === undefined) return null;
  if (salt.value.length > 2) return null;
  return { kind: 'rsa-pss', hash, saltBytes: Number(`0x0${salt.value.toString('hex')}`) };
}

function hashIn(identifier: Buffer | undefined): Hash | null {
  if (identifier === undefined) return 'sha1';
  const [outer] = readDer(identifier) ?? [];
  const [id] = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  return HASHES[id?.value.toString('hex') ?? ''] ?? null;
}

function signsNothing(what: string): KmsError {
  return new KmsError('Unsupported', `a key of type ${what} cannot sign`, {
    hint: 'have the certificate issued by an authority whose key can sign',
  });
}
