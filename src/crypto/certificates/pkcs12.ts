// Takes certificates and private key out of a PKCS#12 file (RFC 7292). Node does that only inside its own TLS sockets. The
// code that authenticates the file is not checked here: whoever calls this has let Node read the file.
import { createDecipheriv, createPrivateKey, pbkdf2Sync, X509Certificate } from 'node:crypto';
import { DER, dottedIdentifier, fromBigEndian, readDer, type DerElement } from '../der.js';
import { toPem } from '../pem.js';

/** In PEM; the first certificate is the key's own. */
export interface Identity {
  readonly certificates: readonly string[];
  readonly key: string;
}

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const PBES2 = '1.2.840.113549.1.5.13';

/** Key and block ciphers of PBES2 (RFC 8018), by object identifier. */
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

/** Hashes of PBKDF2; SHA-1 is the one that is not named. */
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

/** Returns what the file holds, or null if it is encrypted in another way than PBES2, or is no such file. */
export function readPkcs12(bytes: Buffer, password: string): Identity | null {
  try {
    const [, safe] = childrenOf(firstIn(bytes));
    const bags = contentsOf(octetsIn(safe), password);
    const keys = bags.flatMap(([kind, value]) => keyIn(kind, value, password));
    const certificates = bags.flatMap(([kind, value]) => certificateIn(kind, value));
    const [key] = keys;
    const own = certificates.find((one) => key !== undefined && isOf(one, key));
    if (key === undefined || own === undefined) return null;
    return { certificates: [own, ...certificates.filter((one) => one !== own)], key };
  } catch (error) {
    // What is no such file fails at any point: of a text by node:crypto, of a structure by us.
    if (error instanceof Error) return null;
    throw error;
  }
}

function isOf(certificate: string, key: string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
}

/** Returns the bags of all parts: those that are only packed, and those that are encrypted. */
function contentsOf(parts: Buffer, password: string): readonly (readonly [string, DerElement])[] {
  return childrenOf(firstIn(parts)).flatMap((part) => {
    const [kind, content] = childrenOf(part);
    const type = dottedIdentifier(present(kind).value);
    if (type !== DATA && type !== ENCRYPTED_DATA) return [];
    const bags =
      type === DATA ? octetsIn(part) : decrypted(firstIn(present(content).value), password);
    return childrenOf(firstIn(bags)).map((bag) => {
      const [bagKind, value] = childrenOf(bag);
      return [dottedIdentifier(present(bagKind).value), firstIn(present(value).value)] as const;
    });
  });
}

function keyIn(kind: string, { whole }: DerElement, passphrase: string): readonly string[] {
  if (kind !== KEY_BAG && kind !== SHROUDED_KEY_BAG) return [];
  const key = createPrivateKey({
    key: whole,
    format: 'der',
    type: 'pkcs8',
    ...(kind === KEY_BAG ? {} : { passphrase }),
  });
  return [key.export({ format: 'pem', type: 'pkcs8' }).toString()];
}

function certificateIn(kind: string, value: DerElement): readonly string[] {
  return kind === CERTIFICATE_BAG ? [toPem('CERTIFICATE', octetsIn(value))] : [];
}

/** EncryptedData: its version, then the type of its content, the algorithm and the bytes. */
function decrypted(encrypted: DerElement, password: string): Buffer {
  const [, info] = childrenOf(encrypted);
  const [, algorithm, bytes] = childrenOf(info);
  const [scheme, parameters] = childrenOf(algorithm);
  if (dottedIdentifier(present(scheme).value) !== PBES2) throw new TypeError('not PBES2');
  const [derivation, encryption] = childrenOf(parameters);
  const [cipherKind, iv] = childrenOf(encryption);
  const cipher = present(CIPHERS[dottedIdentifier(present(cipherKind).value)]);
  const key = derivedKey(present(derivation), password, cipher.keyBytes);
  try {
    const decipher = createDecipheriv(cipher.name, key, present(iv).value);
    return Buffer.concat([decipher.update(present(bytes).value), decipher.final()]);
  } finally {
    key.fill(0);
  }
}

/** PBKDF2: its salt, the number of rounds, perhaps the length, perhaps the hash. */
function derivedKey(derivation: DerElement, password: string, keyBytes: number): Buffer {
  const [, parameters] = childrenOf(derivation);
  const [salt, rounds, ...rest] = childrenOf(parameters);
  const named = rest.find(({ tag }) => tag === DER.sequence);
  const [hash] = named === undefined ? [] : childrenOf(named);
  const digest = hash === undefined ? 'sha1' : present(HASHES[dottedIdentifier(hash.value)]);
  const count = Number(fromBigEndian(present(rounds).value));
  return pbkdf2Sync(password, present(salt).value, count, keyBytes, digest);
}

/** The bytes in [0] behind a type: an OCTET STRING. */
function octetsIn(typed: DerElement | undefined): Buffer {
  const [, content] = childrenOf(typed);
  return firstIn(present(content).value).value;
}

function firstIn(bytes: Buffer): DerElement {
  return present(readDer(bytes)?.[0]);
}

function childrenOf(element: DerElement | undefined): readonly DerElement[] {
  return present(readDer(present(element).value));
}

/** @throws TypeError */
function present<T>(found: T | null | undefined): T {
  if (found === null || found === undefined) throw new TypeError('a part is missing');
  return found;
}
