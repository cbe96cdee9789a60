// Re-Key Key Pair of post-quantum pairs whose private key is stored as its seed alone, as OpenSSL 3.5.9 writes it:
// plain and wrapped, each in a whole run.
import assert from 'node:assert/strict';
import { isKeyPair } from '../../../src/crypto/keys/is-key-pair.js';
import { defaultWrappingBy } from '../../../src/flows/wrapping/key-wrapping.js';
import { plainMaterialOf } from '../../../src/flows/wrapping/unwrapping.js';
import { formatJson } from '../../../src/kmip/json.js';
import { decodeRow, type ManagedObject, type ObjectRow } from '../../../src/kmip/managed-object.js';
import vectors from '../../crypto/vectors/pqc-seed-alone.json' with { type: 'json' };
import { sqlite } from '../../support/databases.js';
import { aKeyPair } from '../../support/pairs.js';
import { runDue } from '../../support/run.js';
import { insertRows, newStorePath, rowsOf } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { storedKey } from '../../../src/flows/wrapping/stored-key.js';

const NOW = JANUARY + 40 * DAY;
const KEK = aSymmetricKey({ uid: 'kek', intervalSeconds: null });

type Vector = (typeof vectors.pairs)[number];
type KeyType = 'PrivateKey' | 'PublicKey';

/** Rows of a pair with this material; the private key is wrapped if a wrapping key is given. */
async function rowsOfPair(
  uid: string,
  { name, privateKey, publicKey }: Vector,
  kek: ObjectRow | null,
): Promise<readonly ObjectRow[]> {
  const pair = await aKeyPair({ uid }, { kind: 'pqc', cryptographicAlgorithm: name });
  return [
    withMaterial(pair.privateKey, 'PrivateKey', Buffer.from(privateKey, 'base64'), kek),
    withMaterial(pair.publicKey, 'PublicKey', Buffer.from(publicKey, 'base64'), null),
  ];
}

function withMaterial(
  { row, keyBlock, attributes }: ManagedObject,
  objectType: KeyType,
  bytes: Buffer,
  kek: ObjectRow | null,
): ObjectRow {
  const wrappingKey = kek === null ? null : decodeRow(kek);
  const wrapping =
    wrappingKey === null ? null : defaultWrappingBy(wrappingKey, new Map([[KEK.id, wrappingKey]]));
  const plain = {
    objectType,
    keyFormatType: 'PKCS8',
    material: { kind: 'bytes', bytes },
    cryptographicAlgorithm: keyBlock!.cryptographicAlgorithm,
    cryptographicLength: keyBlock!.cryptographicLength!,
  } as const;
  const object = formatJson(storedKey(plain, attributes.members, wrapping));
  return { ...row, object, wrappingKeyId: kek?.id ?? null };
}

async function objectsIn(url: string): Promise<ReadonlyMap<string, ManagedObject>> {
  const rows = await rowsOf(url);
  return new Map(
    rows.map(({ wrapping_key_id, ...row }) => [
      row.id,
      decodeRow({ ...row, wrappingKeyId: wrapping_key_id }),
    ]),
  );
}

describe('Re-Key Key Pair of a private key stored as its seed alone', () => {
  for (const kek of [null, KEK]) {
    for (const vector of vectors.pairs) {
      const { name } = vector;
      it(`replaces a ${kek === null ? 'plain' : 'wrapped'} ${name} pair by a working one`, async () => {
        const url = await newStorePath(sqlite);
        const pair = await rowsOfPair('pair', vector, kek);
        await insertRows(url, [...pair, ...(kek === null ? [] : [kek])], []);
        const { results } = await runDue(url, NOW);
        assert.deepEqual(
          results.map(({ uid, outcome, error }) => [uid, error?.message ?? outcome]),
          [['pair', 'rotated']],
        );
        const [{ replacementUid, publicKeyReplacementUid } = assert.fail()] = results;
        const objects = await objectsIn(url);
        const plainKey = (uid: string | null) => ({
          keyFormatType: 'PKCS8',
          material: plainMaterialOf(objects.get(uid!)!, objects),
        });
        const replacement = plainKey(replacementUid);
        assert.ok(await isKeyPair(name, replacement, plainKey(publicKeyReplacementUid)));
        assert.ok(!(await isKeyPair(name, replacement, plainKey('pair_pk'))));
        assert.ok(await isKeyPair(name, plainKey('pair'), plainKey('pair_pk')), 'still readable');
        assert.equal(objects.get(replacementUid!)!.wrappingKeyUid, kek?.id ?? null);
      });
    }
  }

  it('refuses a seed whose public key is another’s', async () => {
    const url = await newStorePath(sqlite);
    const [privateRow] = await rowsOfPair('pair', vectors.pairs[0]!, null);
    const { publicKey } = await aKeyPair(
      { uid: 'pair' },
      { kind: 'pqc', cryptographicAlgorithm: vectors.pairs[0]!.name },
    );
    await insertRows(url, [privateRow!, publicKey.row], []);
    const { results } = await runDue(url, NOW);
    assert.deepEqual(
      results.map(({ error }) => error?.reason),
      ['UnsoundPair'],
    );
  });
});
