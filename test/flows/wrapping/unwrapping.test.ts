// The key that a new row holds is read from the row, so that what is wrapped by it can be opened by what is stored.
import assert from 'node:assert/strict';
import { unwrapBytes, wrapBytes } from '../../../src/crypto/wrapping/wrapping.js';
import { wrappingKeyInRow } from '../../../src/flows/wrapping/unwrapping.js';
import { grow } from '../../support/wrapping/forest.js';
import { aPlant } from '../../support/wrapping/plant.js';
import { decodeRow } from '../../../src/kmip/managed-object.js';

const PARAMETERS = {
  blockCipherMode: 'AESKeyWrapPadding',
  paddingMethod: null,
  hashingAlgorithm: null,
} as const;
const SECRET = Buffer.from('what is wrapped');

describe('wrappingKeyInRow', () => {
  const { rows, materials } = grow([aPlant(), aPlant({ under: 1 })]);
  const [kek, nested] = rows;
  assert.ok(kek !== undefined && nested !== undefined);
  const near = new Map([[kek.id, decodeRow(kek)]]);

  it('opens what is wrapped by the bytes in the row, in clear or wrapped', () => {
    for (const row of [kek, nested]) {
      const key = Buffer.from(materials.get(row.id) ?? '', 'hex');
      const ciphertext = wrapBytes({ kind: 'aes', key }, PARAMETERS, SECRET);
      const { plaintext } = unwrapBytes(wrappingKeyInRow(row, near), PARAMETERS, ciphertext);
      assert.deepEqual(plaintext, SECRET);
    }
  });

  it('refuses a row from which nobody could read the key again', () => {
    const damaged = {
      ...nested,
      object: nested.object.replace(/"KeyValue":\[\d+/, '"KeyValue":[999'),
    };
    assert.throws(() => wrappingKeyInRow(damaged, near), {
      reason: 'MalformedObject',
      uid: nested.id,
    });
    const [first = ''] = /"KeyValue":\[\d+/.exec(nested.object) ?? [];
    const other = first.endsWith('[7') ? '"KeyValue":[8' : '"KeyValue":[7';
    const altered = { ...nested, object: nested.object.replace(first, other) };
    assert.throws(() => wrappingKeyInRow(altered, near), {
      reason: 'CannotUnwrap',
      uid: nested.id,
    });
  });
});
