// The length of a key on a curve is that of the curve, whatever encoding a row counts.
import assert from 'node:assert/strict';
import { generateKeyPair } from '../../../src/crypto/keys/generate-key-pair.js';
import { curveKind } from '../../../src/crypto/keys/pair-kind.js';
import { curveNamed, CURVE_NAMES } from '../../../src/crypto/keys/curves.js';
import { createKeyPair } from '../../../src/flows/pairs/create-pair.js';
import { decodeRow } from '../../../src/kmip/managed-object.js';
import { lengthOf } from '../../../src/views/keys/key-length.js';
import { describeGolden, goldenObjects } from '../../support/golden.js';
import { JANUARY } from '../../support/store.js';

const LENGTHS: Readonly<Record<string, number>> = {
  ...{ P192: 192, P224: 224, P256: 256, P384: 384, P521: 521, SECP224K1: 224, SECP256K1: 256 },
  ...{ CURVE25519: 256, CURVE448: 448, CURVEED25519: 256, CURVEED448: 456 },
};

/** Not every OpenSSL makes keys of the smallest one. */
const MADE = CURVE_NAMES.filter((name) => name !== 'P192');

const NEW_PAIR = {
  ...{ uid: 'pair', owner: 'ops@example.org', initialDate: JANUARY, name: null, tags: [] },
  ...{ intervalSeconds: null, offsetSeconds: null, keyset: false },
};

describe('the length of a key on a curve', () => {
  it('is known of every curve', () => {
    assert.deepEqual(Object.keys(LENGTHS), CURVE_NAMES);
    for (const name of CURVE_NAMES) assert.equal(curveNamed(name)?.bits, LENGTHS[name]);
  });

  for (const name of MADE) {
    it(`is ${LENGTHS[name]} of both keys on ${name}`, async () => {
      const curve = curveNamed(name)!;
      const generated = await generateKeyPair(curveKind(curve));
      const { privateKey, publicKey } = createKeyPair(NEW_PAIR, generated, null);
      for (const row of [privateKey, publicKey]) {
        assert.equal(lengthOf(decodeRow(row)), LENGTHS[name]);
        const attributes = JSON.parse(row.attributes) as Record<string, unknown>;
        delete attributes['CryptographicDomainParameters'];
        const bare = { ...row, attributes: JSON.stringify(attributes) };
        assert.equal(lengthOf(decodeRow(bare)), LENGTHS[name]);
      }
    });
  }
});

describeGolden('the length of a key on a curve that a server wrote', () => {
  it('is 521 for P-521, and that of the curve for any other', () => {
    const found = goldenObjects('store');
    const lengths = new Map(found.map((object) => [object.uniqueIdentifier, lengthOf(object)]));
    for (const [uid, length] of [
      ...([
        ['nist-p521', 521],
        ['nist-p384', 384],
        ['nist-p256', 256],
        ['secp256k1', 256],
      ] as const),
      ...([
        ['kek-dep-ec', 256],
        ['imported-secp384r1', 384],
        ['ed448', 456],
        ['x448', 448],
      ] as const),
    ]) {
      assert.deepEqual([lengths.get(uid), lengths.get(`${uid}_pk`)], [length, length], uid);
    }
  });
});
