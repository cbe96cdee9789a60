// The kind of key that the flags of `kms key create` ask for, with the defaults of each type.
import { PQC_ALGORITHM_NAMES } from '../crypto/pqc/pqc-algorithms.js';
import { CURVE_NAMES, curveNamed } from '../crypto/keys/curves.js';
import { curveKind, type PairKind } from '../crypto/keys/pair-kind.js';
import { SYMMETRIC_ALGORITHMS } from '../crypto/keys/symmetric-key.js';
import { KmsError } from '../errors.js';

export const KEY_TYPES = ['symmetric', 'rsa', 'ec', 'pqc'] as const;
type KeyType = (typeof KEY_TYPES)[number];
type PairType = Exclude<KeyType, 'symmetric'>;

const ALGORITHMS: Readonly<Record<KeyType, readonly string[]>> = {
  symmetric: SYMMETRIC_ALGORITHMS,
  rsa: [],
  ec: [],
  pqc: PQC_ALGORITHM_NAMES,
};

export const NEW_KEY_ALGORITHMS: readonly string[] = Object.values(ALGORITHMS).flat();

/** A new pair names its algorithm only if it is post-quantum. */
export const NEW_PAIR_ALGORITHMS: readonly string[] = ALGORITHMS.pqc;

/** All but P-192, which is too weak for a new key. */
export const NEW_KEY_CURVES: readonly string[] = CURVE_NAMES.filter((name) => name !== 'P192');

const DEFAULT_CURVE = 'P256';

/** In bits. */
const SYMMETRIC = { byDefault: 256 } as const;
const RSA = { least: 2048, most: 16_384, byDefault: 3072 } as const;

const PUBLIC_EXPONENT = 65_537;

export interface KindFlags<Type extends KeyType = KeyType> {
  readonly type: Type;
  readonly algorithm: string | undefined;
  readonly length: number | undefined;
  readonly curve: string | undefined;
}

export type NewKeyKind =
  | { readonly kind: 'symmetric'; readonly algorithm: string; readonly lengthBits: number }
  | PairKind;

/** @throws KmsError InvalidArgument for flags that do not go together. */
export function newKeyKind({ type, ...flags }: KindFlags): NewKeyKind {
  if (type !== 'symmetric') return newPairKind({ type, ...flags });
  assertGoTogether({ type, ...flags });
  const { algorithm = 'AES', length = SYMMETRIC.byDefault } = flags;
  return { kind: 'symmetric', algorithm, lengthBits: length };
}

/** @throws KmsError InvalidArgument for flags that do not go together. */
export function newPairKind(flags: KindFlags<PairType>): PairKind {
  assertGoTogether(flags);
  const { type, algorithm, length, curve } = flags;
  switch (type) {
    case 'rsa':
      return {
        kind: 'rsa',
        modulusBits: rsaLength(length ?? RSA.byDefault),
        publicExponent: PUBLIC_EXPONENT,
        cryptographicAlgorithm: 'RSA',
      };
    case 'ec':
      return curveKind(newCurve(curve ?? DEFAULT_CURVE));
    case 'pqc':
      if (algorithm !== undefined) return { kind: 'pqc', cryptographicAlgorithm: algorithm };
      throw invalid('--type pqc needs an --algorithm', oneOf(PQC_ALGORITHM_NAMES));
  }
}

function assertGoTogether(flags: KindFlags): void {
  refuse(flags, 'length', ['symmetric', 'rsa']);
  refuse(flags, 'curve', ['ec']);
  refuse(flags, 'algorithm', ['symmetric', 'pqc']);
  const { type, algorithm } = flags;
  if (algorithm === undefined || ALGORITHMS[type].includes(algorithm)) return;
  throw invalid(
    `--algorithm ${algorithm} cannot be used with --type ${type}`,
    oneOf(ALGORITHMS[type]),
  );
}

function refuse(
  flags: KindFlags,
  flag: 'algorithm' | 'length' | 'curve',
  types: readonly KeyType[],
): void {
  if (flags[flag] === undefined || types.includes(flags.type)) return;
  throw invalid(
    `--${flag} cannot be used with --type ${flags.type}`,
    `use it with --type ${types.join(' or ')}`,
  );
}

function rsaLength(bits: number): number {
  if (bits >= RSA.least && bits <= RSA.most && bits % 8 === 0) return bits;
  throw invalid(
    `RSA keys of ${bits} bits cannot be created`,
    `choose a --length of ${RSA.least} to ${RSA.most} that is a multiple of 8`,
  );
}

function newCurve(name: string) {
  const curve = NEW_KEY_CURVES.includes(name) ? curveNamed(name) : undefined;
  if (curve !== undefined) return curve;
  throw invalid(
    `keys on the curve ${JSON.stringify(name)} cannot be created`,
    oneOf(NEW_KEY_CURVES),
  );
}

function oneOf(names: readonly string[]): string {
  return `choose one of ${names.join(', ')}`;
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidArgument', message, { hint });
}
