// The Digest attribute of transparent symmetric keys: the vector of storage format §3.6, and every
// digest that the server wrote into the golden stores.
import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { transparentSymmetricKeyDigest } from '../../src/crypto/digest.js';
import type { JsonObject } from '../../src/kmip/json.js';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import { describeGolden, goldenPath, GOLDEN_SQLITE } from '../support/golden.js';

describe('crypto/digest', () => {
  it('is that of storage format §3.6, and leaves the key as it is', () => {
    const key = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
    assert.equal(
      transparentSymmetricKeyDigest(key).toString('hex'),
      '83075bfab619a5fe59d6024c5f8563ee884e6a7999ab8b54db92fe98cb00e48e',
    );
    assert.equal(key.toString('hex'), '0102030405060708090a0b0c0d0e0f10');
  });

  describeGolden('on the golden stores', () => {
    for (const store of GOLDEN_SQLITE) {
      it(`is what the server wrote for every plain transparent key of ${store}.sqlite`, () => {
        const database = new Database(goldenPath(`${store}.sqlite`), { readonly: true });
        const rows = database
          .prepare('SELECT *, wrapping_key_id AS wrappingKeyId FROM objects')
          .all() as ObjectRow[];
        database.close();
        let compared = 0;
        for (const row of rows) {
          const { attributes, keyBlock } = decodeRow(row);
          const digest = attributes.members['Digest'] as JsonObject | undefined;
          if (keyBlock?.keyFormatType !== 'TransparentSymmetricKey' || digest === undefined)
            continue;
          if (keyBlock.keyWrappingData !== null) continue;
          const { Key: bytes } = keyBlock.keyMaterial as { Key: number[] };
          const computed = transparentSymmetricKeyDigest(Uint8Array.from(bytes));
          assert.deepEqual([...computed], digest['DigestValue'], row.id);
          compared += 1;
        }
        assert.ok(compared > 0);
      });
    }
  });
});
