// Public keys as JSON Web Keys (RFC 7517, 7518 §6, 8037, 8812), each with its thumbprint as `kid` (RFC 7638). It also says
// what a key is for, if nothing else is possible. node:crypto encodes; flows/ knows which key.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { KmsError } from '../../errors.js';
import { ENCRYPTING_USAGES, SIGNING_USAGES, UNRESTRICTED_USAGE } from '../../kmip/vocabulary.js';
import { isKeyObjectAlgorithm } from './key-object.js';

/** `sig` for signatures, `enc` for encryption and key agreement (RFC 7517 §4.2). */
export const JWK_USES = ['sig', 'enc'] as const;
export type JwkUse = (typeof JWK_USES)[number];

export interface PublicJwk {
  readonly kty: string;
  readonly kid: string;
  readonly use?: JwkUse;
  readonly alg?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** What `use` and `alg` shall be; null leaves them to the key. */
export interface JwkRequest {
  readonly use: JwkUse | null;
  readonly alg: string | null;
}

export interface KeyToPublish {
  /** SubjectPublicKeyInfo. */
  readonly pem: string;
  readonly algorithm: string | null;
  /** Cryptographic Usage Mask (KMIP 2.1 §11.12); null if it has none. */
  readonly usageMask: number | null;
}

type Algorithms = Readonly<Record<JwkUse, readonly string[]>>;

const AGREEMENT = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];

/** By OpenSSL’s name of the curve, or else of the type of key. RSA1_5 is left out: it is broken. */
const ALGORITHMS: Readonly<Record<string, Algorithms>> = {
  rsa: {
    sig: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    enc: ['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'],
  },
  prime256v1: { sig: ['ES256'], enc: AGREEMENT },
  secp384r1: { sig: ['ES384'], enc: AGREEMENT },
  secp521r1: { sig: ['ES512'], enc: AGREEMENT },
  secp256k1: { sig: ['ES256K'], enc: [] },
  ed25519: { sig: ['EdDSA', 'Ed25519'], enc: [] },
  ed448: { sig: ['EdDSA', 'Ed448'], enc: [] },
  x25519: { sig: [], enc: AGREEMENT },
  x448: { sig: [], enc: AGREEMENT },
};

/** Every algorithm that some key can be published for. */
export const JWK_ALGORITHMS: readonly string[] = [
  ...new Set(Object.values(ALGORITHMS).flatMap(({ sig, enc }) => [...sig, ...enc])),
];

/** RFC 7518 §3.3, §4.3. */
const LEAST_RSA_BITS = 2048;

/**
 * Returns a public key as JSON Web Key.
 *
 * @throws KmsError Unsupported for a key that JOSE has no form of; InvalidArgument if it cannot be used as requested.
 */
export function publicJwk(key: KeyToPublish, request: JwkRequest): PublicJwk {
  const { publicKey, algorithms } = joseKeyOf(key);
  const { use, alg } = usageOf(allowedOf(algorithms, key), request);
  const { kty = '', crv, x, y, n, e } = publicKey.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { n, e } : kty === 'EC' ? { crv, x, y } : { crv, x };
  return {
    kty,
    kid: thumbprintOf({ kty, ...members }),
    ...(use === null ? {} : { use }),
    ...(alg === null ? {} : { alg }),
    ...members,
  } as PublicJwk;
}

/** Returns the thumbprint of the members that RFC 7638 §3.2 and RFC 8037 §2 require, in base64url. */
function thumbprintOf(members: Readonly<Record<string, string | undefined>>): string {
  const sorted = Object.entries(members).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(sorted)))
    .digest('base64url');
}

function joseKeyOf({ pem, algorithm }: KeyToPublish): {
  readonly publicKey: KeyObject;
  readonly algorithms: Algorithms;
} {
  if (algorithm !== null && !isKeyObjectAlgorithm(algorithm)) throw noJwk(algorithm);
  const publicKey = createPublicKey(pem);
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails } = publicKey;
  const name = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType;
  const algorithms = ALGORITHMS[name];
  if (algorithms === undefined) throw noJwk(name);
  const bits = asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < LEAST_RSA_BITS) throw noJwk(`RSA with ${bits} bits`);
  return { publicKey, algorithms };
}

/** Returns what is left of the algorithms by the usage mask, and for ECDSA. Of ECDH a server also makes keys that sign. */
function allowedOf({ sig, enc }: Algorithms, { algorithm, usageMask }: KeyToPublish): Algorithms {
  const mask = usageMask ?? UNRESTRICTED_USAGE;
  const allows = (usages: number) => (mask & (usages | UNRESTRICTED_USAGE)) !== 0;
  return {
    sig: allows(SIGNING_USAGES) ? sig : [],
    enc: allows(ENCRYPTING_USAGES) && algorithm !== 'ECDSA' ? enc : [],
  };
}

/** Returns what is requested, or what alone is possible. */
function usageOf(
  allowed: Algorithms,
  { use, alg }: JwkRequest,
): { readonly use: JwkUse | null; readonly alg: string | null } {
  const uses = JWK_USES.filter(
    (one) =>
      (use === null || one === use) &&
      (alg === null ? allowed[one].length > 0 : allowed[one].includes(alg)),
  );
  const [only] = uses;
  if (only === undefined && (use !== null || alg !== null)) throw unfit(allowed, { use, alg });
  if (only === undefined || uses.length > 1) return { use: null, alg: null };
  const [onlyAlgorithm = null, ...others] = allowed[only];
  return { use: only, alg: alg ?? (others.length > 0 ? null : onlyAlgorithm) };
}

function unfit(allowed: Algorithms, { use, alg }: JwkRequest): KmsError {
  const asked = [use === null ? '' : `--use ${use}`, alg === null ? '' : `--alg ${alg}`];
  const possible = JWK_USES.filter((one) => allowed[one].length > 0).map(
    (one) => `--use ${one} with ${allowed[one].join(', ')}`,
  );
  return new KmsError(
    'InvalidArgument',
    `${asked.filter((one) => one !== '').join(' ')} does not fit the key and its usage mask`,
    {
      hint:
        possible.length > 0
          ? `it allows ${possible.join('; ')}`
          : 'its usage mask allows neither signatures nor encryption: leave --use and --alg out',
    },
  );
}

function noJwk(what: string): KmsError {
  return new KmsError('Unsupported', `there is no JSON Web Key of ${what} keys`, {
    hint: 'leave it out, or publish it with kms key export --public',
  });
}
