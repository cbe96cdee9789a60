// The post-quantum algorithms that a store may hold: their names, object identifiers and sizes (storage format §2.4).
import { der, DER, derObjectIdentifier } from '../der.js';

export interface PqcAlgorithm {
  /** KMIP's name. */
  readonly name: string;
  readonly family: 'ML-KEM' | 'ML-DSA' | 'SLH-DSA' | 'hybrid';
  /** The last arcs of its object identifier below NIST's algorithms, in hex; null for keys stored without PKCS#8. */
  readonly arc: string | null;
  /** Bytes of the seed that PKCS#8 may contain; 0 if there is none. */
  readonly seedBytes: number;
  /** Bytes of the expanded private key. */
  readonly privateBytes: number;
  readonly publicBytes: number;
  /** What the server writes as CryptographicLength of both keys of a pair. */
  readonly cryptographicLength: number;
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

/** Bytes of the X25519 key at the end of either key of the hybrid. */
export const X25519_BYTES = 32;

/** 2.16.840.1.101.3.4, below which NIST numbers its algorithms. */
const NIST_ALGORITHMS = '60864801650304';

/** Returns the post-quantum algorithm of a KMIP name, or undefined. */
export function pqcAlgorithm(name: string | null): PqcAlgorithm | undefined {
  return PQC_ALGORITHMS.find((algorithm) => algorithm.name === name);
}

/** Returns the algorithm of an object identifier, DER without its header, or undefined. */
export function pqcAlgorithmOfOid(identifier: Buffer): PqcAlgorithm | undefined {
  const hex = identifier.toString('hex');
  return PQC_ALGORITHMS.find(({ arc }) => arc !== null && hex === NIST_ALGORITHMS + arc);
}

/** Returns the AlgorithmIdentifier of keys and signatures of an algorithm. */
export function pqcAlgorithmIdentifier({ arc, name }: PqcAlgorithm): Buffer {
  if (arc === null) throw new TypeError(`${name} has no identifier`);
  return der(DER.sequence, derObjectIdentifier(NIST_ALGORITHMS + arc));
}

/** Returns the Key Format Type in which the server stores keys of an algorithm, private and public. */
export function pqcKeyFormatType({ arc }: PqcAlgorithm): string {
  return arc === null ? 'Raw' : 'PKCS8';
}

function mlKem(
  name: string,
  arc: string,
  cryptographicLength: number,
  privateBytes: number,
  publicBytes: number,
): PqcAlgorithm {
  const sizes = { seedBytes: 64, privateBytes, publicBytes };
  return { name, family: 'ML-KEM', arc, ...sizes, cryptographicLength };
}

function mlDsa(name: string, arc: string, privateBytes: number, publicBytes: number): PqcAlgorithm {
  const sizes = { seedBytes: 32, privateBytes, publicBytes };
  return { name, family: 'ML-DSA', arc, ...sizes, cryptographicLength: publicBytes * 8 };
}

/** `n` is the security parameter in bytes: a private key has four such parts, a public key two. */
function slhDsa(name: string, lastArc: number, n: number): PqcAlgorithm {
  const arc = `03${lastArc.toString(16)}`;
  const sizes = { seedBytes: 0, privateBytes: 4 * n, publicBytes: 2 * n };
  return { name, family: 'SLH-DSA', arc, ...sizes, cryptographicLength: 16 * n };
}
