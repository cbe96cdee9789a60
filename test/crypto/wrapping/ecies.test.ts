// ECIES as the server does it: vectors made with other arithmetic (Python's integers, hashlib and cryptography), and
// what must not unwrap. golden-wrapping.test.ts has the server's own bytes.
import assert from 'node:assert/strict';
import { createECDH, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  ECIES_CURVES,
  eciesUnwrap,
  eciesWrap,
  type EciesCurve,
} from '../../../src/crypto/wrapping/ecies.js';
import vectors from '../vectors/wrapping.json' with { type: 'json' };

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

function keyOn(curve: EciesCurve): { point: Buffer; scalar: Buffer } {
  const ecdh = createECDH(ECIES_CURVES[curve].name);
  ecdh.generateKeys();
  return { point: ecdh.getPublicKey(null, 'compressed'), scalar: ecdh.getPrivateKey() };
}

describe('wrapping with ECIES', () => {
  for (const vector of vectors.ecies) {
    const curve = vector.curve as EciesCurve;
    it(`wraps ${vector.plaintext.length / 2} bytes on ${curve} to the bytes of the vector`, () => {
      const { point, scalar, ephemeralScalar, plaintext, ciphertext } = vector;
      const wrapped = eciesWrap(curve, hex(point), hex(plaintext), hex(ephemeralScalar));
      assert.equal(wrapped.toString('hex'), ciphertext);
      const key = { point: hex(point), scalar: hex(scalar) };
      assert.deepEqual(eciesUnwrap(curve, key, hex(ciphertext)), hex(plaintext));
    });
  }

  for (const curve of Object.keys(ECIES_CURVES) as EciesCurve[]) {
    it(`unwraps what it wrapped on ${curve}, with a new point each time`, () => {
      const key = keyOn(curve);
      const points = new Set<string>();
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 500 }), (plaintext) => {
          const wrapped = eciesWrap(curve, key.point, plaintext);
          const { pointBytes } = ECIES_CURVES[curve];
          assert.equal(wrapped.length, pointBytes + plaintext.length + 16);
          points.add(wrapped.subarray(0, pointBytes).toString('hex'));
          assert.deepEqual(eciesUnwrap(curve, key, wrapped), Buffer.from(plaintext));
        }),
        { numRuns: 8 },
      );
      assert.equal(points.size, 8);
    });

    it(`does not unwrap on ${curve} what is truncated, changed, or for another key`, () => {
      const key = keyOn(curve);
      const wrapped = eciesWrap(curve, key.point, randomBytes(32));
      const { pointBytes } = ECIES_CURVES[curve];
      const changedAt = (place: number): Buffer => {
        const changed = Buffer.from(wrapped);
        changed[place]! ^= 1;
        return changed;
      };
      const expected = { name: 'KmsError', reason: 'CannotUnwrap', message: new RegExp(curve) };
      for (const blob of [
        // The form of the point (twice), its x, the ciphertext, the tag.
        ...[0, 1, 20, pointBytes, wrapped.length - 1].map(changedAt),
        ...[0, 1, 16, pointBytes, pointBytes + 15].map((length) => wrapped.subarray(0, length)),
        wrapped.subarray(0, -1),
        Buffer.concat([Buffer.from([4]), wrapped.subarray(1)]),
        Buffer.alloc(wrapped.length),
      ]) {
        assert.throws(() => eciesUnwrap(curve, key, blob), expected);
      }
      assert.throws(() => eciesUnwrap(curve, keyOn(curve), wrapped), expected);
    });
  }
});
