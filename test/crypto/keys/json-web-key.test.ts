// Public keys as JSON Web Keys, as jose reads them: encoding, thumbprint, and what `use` and `alg` say.
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import {
  JWK_ALGORITHMS,
  publicJwk,
  type JwkRequest,
} from '../../../src/crypto/keys/json-web-key.js';
import { KmsError } from '../../../src/errors.js';
import { freshPair } from '../../support/fresh-keys.js';

const NOTHING: JwkRequest = { use: null, alg: null };
const VERIFY = 0x2;
const ENCRYPT = 0x4;

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const ec = (namedCurve: string) => (): Pair => freshPair('ec', { namedCurve });
const rsa = (modulusLength: number) => (): Pair => freshPair('rsa', { modulusLength });

const pemOf = ({ publicKey }: Pair) => publicKey.export({ format: 'pem', type: 'spki' }).toString();

describe('publicJwk', () => {
  let rsaKey: Pair;
  before(() => {
    rsaKey = rsa(2048)();
  });

  for (const [name, make, signs, algorithm] of [
    ['RSA', () => rsaKey, 'PS256', 'RSA'],
    ['P-256', ec('prime256v1'), 'ES256', 'ECDH'],
    ['P-384', ec('secp384r1'), 'ES384', 'EC'],
    ['P-521', ec('secp521r1'), 'ES512', 'ECDSA'],
    ['Ed25519', () => freshPair('ed25519'), 'EdDSA', 'Ed25519'],
  ] as const) {
    it(`${name}: jose verifies with it what the private key has signed`, async () => {
      const pair = make();
      const jwk = publicJwk({ pem: pemOf(pair), algorithm, usageMask: VERIFY }, NOTHING);
      assert.equal(jwk.kid, await calculateJwkThumbprint({ ...jwk }, 'sha256'));
      const { kid } = jwk;
      const token = await new SignJWT({ sub: 'x' })
        .setProtectedHeader({ alg: signs, kid })
        .sign(pair.privateKey);
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [{ ...jwk }] }));
      assert.equal(payload.sub, 'x');
    });
  }

  for (const [name, make] of [
    ['secp256k1', ec('secp256k1')],
    ['Ed448', () => freshPair('ed448')],
    ['X25519', () => freshPair('x25519')],
    ['X448', () => freshPair('x448')],
  ] as const) {
    it(`${name}: has the members of node:crypto and the thumbprint of jose`, async () => {
      const pair = make();
      const jwk = publicJwk({ pem: pemOf(pair), algorithm: null, usageMask: null }, NOTHING);
      assert.equal(jwk.crv, name);
      assert.equal(jwk.kid, await calculateJwkThumbprint({ ...jwk }, 'sha256'));
      assert.deepEqual({ ...jwk, ...pair.publicKey.export({ format: 'jwk' }) }, jwk);
    });
  }

  for (const [what, make, key, request, use, alg] of [
    ['a curve by its mask', ec('prime256v1'), { usageMask: VERIFY }, NOTHING, 'sig', 'ES256'],
    ['a curve for agreement', ec('prime256v1'), { usageMask: 0x800 }, NOTHING, 'enc', undefined],
    ['a curve that may do all', ec('prime256v1'), { usageMask: 0x200000 }, NOTHING, undefined],
    ['a curve without a mask', ec('prime256v1'), {}, NOTHING, undefined, undefined],
    ['a curve with both uses', ec('prime256v1'), { usageMask: 0x802 }, NOTHING, undefined],
    ['a key of ECDSA', ec('secp384r1'), { algorithm: 'ECDSA' }, NOTHING, 'sig', 'ES384'],
    ['a curve for signatures alone', ec('secp256k1'), {}, NOTHING, 'sig', 'ES256K'],
    ['RSA that verifies', () => rsaKey, { usageMask: VERIFY }, NOTHING, 'sig', undefined],
    ['RSA that encrypts', () => rsaKey, { usageMask: ENCRYPT }, NOTHING, 'enc', undefined],
    ['RSA by --alg', () => rsaKey, {}, { use: null, alg: 'RS256' }, 'sig', 'RS256'],
    ['a curve by --use', ec('prime256v1'), {}, { use: 'sig', alg: null }, 'sig', 'ES256'],
    ['a mask of nothing', ec('prime256v1'), { usageMask: 0x40 }, NOTHING, undefined, undefined],
    // EdDSA (RFC 8037) and Ed25519 (RFC 9864) are two names.
    [...(['Ed25519', () => freshPair('ed25519'), {}, NOTHING, 'sig'] as const), undefined],
  ] as const) {
    it(`${what}: use ${String(use)}, alg ${String(alg)}`, () => {
      const pem = pemOf(make());
      const jwk = publicJwk({ pem, algorithm: null, usageMask: null, ...key }, request);
      assert.deepEqual([jwk.use, jwk.alg], [use, alg]);
    });
  }

  for (const [what, make, key, request, reason, says] of [
    [
      ...(['an algorithm of RSA', ec('prime256v1'), {}, { use: null, alg: 'RS256' }] as const),
      ...(['InvalidArgument', /--alg RS256 does not fit/] as const),
    ],
    [
      ...(['that of another curve', ec('prime256v1'), {}, { use: null, alg: 'ES384' }] as const),
      ...(['InvalidArgument', /--alg ES384/] as const),
    ],
    [
      ...(['a use that its mask forbids', ec('prime256v1'), { usageMask: VERIFY }] as const),
      ...([{ use: 'enc', alg: null }, 'InvalidArgument', /--use enc does not fit/] as const),
    ],
    [
      ...(['use against alg', () => rsaKey, {}, { use: 'enc', alg: 'RS256' }] as const),
      ...(['InvalidArgument', /--use enc --alg RS256/] as const),
    ],
    ['P-224', ec('secp224r1'), {}, NOTHING, 'Unsupported', /no JSON Web Key of secp224r1 keys/],
    ['short RSA', rsa(1024), {}, NOTHING, 'Unsupported', /RSA with 1024 bits/],
    ['MLDSA_44', ec('prime256v1'), { algorithm: 'MLDSA_44' }, NOTHING, 'Unsupported', /MLDSA_44/],
  ] as const) {
    it(`refuses ${what}`, () => {
      const pem = pemOf(make());
      assert.throws(
        () => publicJwk({ pem, algorithm: null, usageMask: null, ...key }, request),
        (error) => error instanceof KmsError && error.reason === reason && says.test(error.message),
      );
    });
  }

  it('offers each algorithm once', () => {
    assert.equal(new Set(JWK_ALGORITHMS).size, JWK_ALGORITHMS.length);
    assert.ok(JWK_ALGORITHMS.includes('ECDH-ES+A256KW'));
  });
});
