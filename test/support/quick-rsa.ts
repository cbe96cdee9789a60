// RSA pairs made of kept primes, of which any two make another key: finding primes takes the most of a run of the tests.
// While told to, node:crypto gives these out; who asks for another format or size still waits for new ones.
import crypto, { createPrivateKey, createPublicKey } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import vectors from '../crypto/vectors/rsa-primes.json' with { type: 'json' };

type Generate = (
  type: string,
  options: {
    readonly modulusLength?: number;
    readonly publicExponent?: number;
    readonly privateKeyEncoding?: { readonly format: string; readonly type: string };
  },
) => unknown;

/** As src/ asks for them, without a prime to be found. */
export function withQuickRsa<T>(use: () => T): T {
  using += 1;
  const end = () => (using -= 1);
  try {
    const result = use();
    if (result instanceof Promise) return result.finally(end) as T;
    end();
    return result;
  } catch (error) {
    end();
    throw error;
  }
}

let using = 0;

const generate = crypto.generateKeyPairSync as unknown as Generate;

const quickly: Generate = (type, options) => {
  const { modulusLength = 0, publicExponent = 65_537, privateKeyEncoding } = options;
  const known = Object.entries(vectors.primes).find(([bits]) => Number(bits) === modulusLength);
  const usual = type === 'rsa' && privateKeyEncoding?.type === 'pkcs1';
  if (using === 0 || !usual || known === undefined) return generate(type, options);
  const key = createPrivateKey({ format: 'jwk', key: nextKey(known[1], publicExponent) });
  return {
    privateKey: key.export({ format: 'der', type: 'pkcs1' }),
    publicKey: createPublicKey(key).export({ format: 'der', type: 'pkcs1' }),
  };
};

Object.assign(crypto, { generateKeyPairSync: quickly });
syncBuiltinESMExports();

/** How many keys each list has made: one after the other is given until all pairs of primes were. */
const made = new Map<readonly string[], number>();

function nextKey(primes: readonly string[], exponent: number): crypto.JsonWebKey {
  const pairs = primes.flatMap((p, index) => primes.slice(0, index).map((q) => [p, q] as const));
  const number = made.get(primes) ?? 0;
  made.set(primes, number + 1);
  const [p, q] = pairs[number % pairs.length]!.map(numberOf) as [bigint, bigint];
  const e = BigInt(exponent);
  const d = inverse(e, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const members = Object.entries(numbers).map(([name, value]) => [name, textOf(value)]);
  return { kty: 'RSA', ...(Object.fromEntries(members) as Record<string, string>) };
}

function numberOf(text: string): bigint {
  return BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
}

function textOf(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

/** Returns the inverse of a number to a modulus that has no factor with it, by Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, factor, nextFactor] = [modulus, value % modulus, 0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return (factor + modulus) % modulus;
}
