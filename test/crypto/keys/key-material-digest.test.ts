// The Digest attribute: the vector of storage format §3.6, and every digest that the server wrote into the golden
// stores, in every format.
import assert from 'node:assert/strict';
import { keyMaterialDigest } from '../../../src/crypto/keys/key-material-digest.js';
import type { JsonObject } from '../../../src/kmip/json.js';
import { decodeKeyMaterial } from '../../../src/kmip/key-material.js';
import { describeGolden, goldenObjects, GOLDEN_SQLITE } from '../../support/golden.js';

describe('the digest of key material', () => {
  it('is the one in storage format §3.6, and leaves the key unchanged', () => {
    const bytes = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
    assert.equal(
      keyMaterialDigest('TransparentSymmetricKey', { kind: 'bytes', bytes }).toString('hex'),
      '83075bfab619a5fe59d6024c5f8563ee884e6a7999ab8b54db92fe98cb00e48e',
    );
    assert.equal(bytes.toString('hex'), '0102030405060708090a0b0c0d0e0f10');
  });

  it('is SHA-256 of the bytes alone if the format is bytes', () => {
    const digest = keyMaterialDigest('PKCS8', { kind: 'bytes', bytes: Buffer.from('abc') });
    assert.equal(
      digest.toString('hex'),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  describeGolden('on the golden stores', () => {
    const formats = new Set<string>();
    for (const store of GOLDEN_SQLITE) {
      it(`is what the server wrote for every unwrapped key of ${store}.sqlite`, () => {
        let compared = 0;
        for (const { attributes, keyBlock, state, uniqueIdentifier } of goldenObjects(store)) {
          const digest = attributes.members['Digest'] as JsonObject | undefined;
          const material = keyBlock?.keyMaterial ?? null;
          if (keyBlock === null || material === null || digest === undefined) continue;
          // Destroy leaves a stale digest.
          if (state.startsWith('Destroyed')) continue;
          const { keyFormatType } = keyBlock;
          const typed = decodeKeyMaterial(keyFormatType, material, 'material');
          const computed = keyMaterialDigest(keyFormatType, typed);
          assert.deepEqual([...computed], digest['DigestValue'], uniqueIdentifier);
          formats.add(keyFormatType);
          compared += 1;
        }
        assert.ok(compared > 3, String(compared));
      });
    }

    after(() => {
      assert.deepEqual([...formats].sort(), [
        'PKCS8',
        'Raw',
        'TransparentECPrivateKey',
        'TransparentECPublicKey',
        'TransparentRSAPrivateKey',
        'TransparentRSAPublicKey',
        'TransparentSymmetricKey',
      ]);
    });
  });
});
