// A policy set on a key whose two copies of the attributes disagree: what opens others goes on to open them.
import assert from 'node:assert/strict';
import { clearPolicy, setPolicy } from '../../src/flows/set-policy.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import { aCandidate } from '../support/candidates.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

const WRAP = 16;
const UNWRAP = 32;

describe('a policy set on a key that may unwrap by its embedded copy alone', () => {
  it('leaves it that usage mask, by which the server lets it unwrap (storage format §4)', () => {
    const row = aSymmetricKey({ uid: 'kek' }, { CryptographicUsageMask: UNWRAP });
    const attributes = JSON.stringify({
      ...(JSON.parse(row.attributes) as object),
      CryptographicUsageMask: WRAP,
    });
    const candidate = aCandidate({ ...row, attributes });
    for (const set of [setPolicy(candidate, { intervalSeconds: 60 }), clearPolicy(candidate)]) {
      assert.ok(set !== null);
      const { attributes: column, keyBlock } = decodeRow(set.after);
      assert.equal(column.cryptographicUsageMask, WRAP);
      assert.equal(keyBlock?.attributes?.cryptographicUsageMask, UNWRAP);
      assert.equal(keyBlock.attributes.rotateInterval, column.rotateInterval);
    }
  });
});
