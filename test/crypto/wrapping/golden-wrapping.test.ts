// Every wrapped row of the golden stores unwraps, up the chain of wrapping keys, to the material that the server
// exports, or, if it exports none, to material with the row's Digest. Deterministic wrapping gives the very bytes of
// the row.
import assert from 'node:assert/strict';
import { ECDH } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toBigEndian } from '../../../src/crypto/der.js';
import { keyMaterialDigest } from '../../../src/crypto/keys/key-material-digest.js';
import { privateKeyObject, publicKeyObject } from '../../../src/crypto/keys/key-object.js';
import {
  wipeWrappingKey,
  wrappingKeyFromMaterial,
  type WrappingKey,
} from '../../../src/crypto/wrapping/wrapping-key.js';
import { unwrapBytes, wrapBytes } from '../../../src/crypto/wrapping/wrapping.js';
import type { JsonObject } from '../../../src/kmip/json.js';
import type { KeyBlock } from '../../../src/kmip/key-block.js';
import { decodeKeyMaterial, type KeyMaterial } from '../../../src/kmip/key-material.js';
import type { ManagedObject } from '../../../src/kmip/managed-object.js';
import { decodeKeyValueMaterial } from '../../../src/kmip/ttlv/ttlv.js';
import { describeGolden, goldenObjects, goldenPath } from '../../support/golden.js';

/** Each store, the file of its known material, and how many of its rows are wrapped and not destroyed. */
const STORES = [
  { store: 'store', known: 'known-sqlite', wrapped: 21 },
  { store: 'store-rotated', known: 'known-sqlite', wrapped: 26 },
  { store: 'kek', known: 'known-kek', wrapped: 9 },
  { store: 'crash', known: 'known-crash', wrapped: 1 },
] as const;

interface KnownMaterial {
  readonly hex?: string | null;
  readonly keyMaterial?: readonly { readonly tag: string; readonly value: string }[];
}

type Objects = ReadonlyMap<string, ManagedObject & { readonly keyBlock: KeyBlock }>;

function objectsOf(store: Parameters<typeof goldenObjects>[0]): Objects {
  return new Map(
    goldenObjects(store).flatMap((object) => {
      const { uniqueIdentifier: uid, keyBlock } = object;
      return keyBlock === null ? [] : [[uid, { ...object, keyBlock }] as const];
    }),
  );
}

function knownOf(file: string): Readonly<Record<string, KnownMaterial>> {
  const text = readFileSync(goldenPath(`${file}.json`), 'utf8');
  return (JSON.parse(text) as { materials: Record<string, KnownMaterial> }).materials;
}

const wrappedOf = (objects: Objects) =>
  [...objects.values()].filter(({ keyBlock }) => keyBlock.keyWrappingData?.hasCiphertext);

/** Returns the private key of a pair, otherwise the key itself. */
function unwrappingKey(objects: Objects, uid: string): WrappingKey {
  const object = objects.get(uid.replace(/_pk$/, ''))!;
  const { cryptographicAlgorithm, keyFormatType } = object.keyBlock;
  return wrappingKeyFromMaterial(
    cryptographicAlgorithm,
    keyFormatType,
    transparentMaterialOf(objects, object),
  );
}

function plaintextOf(objects: Objects, { keyBlock }: { keyBlock: KeyBlock }): Buffer {
  const { wrappingKeyUid, parameters, ciphertext } = keyBlock.keyWrappingData!;
  const key = unwrappingKey(objects, wrappingKeyUid);
  const { plaintext, blockCipherMode } = unwrapBytes(key, parameters, ciphertext!);
  wipeWrappingKey(key);
  assert.equal(blockCipherMode, parameters.blockCipherMode);
  return plaintext;
}

function transparentMaterialOf(objects: Objects, object: { keyBlock: KeyBlock }): KeyMaterial {
  const { keyFormatType, keyMaterial, keyWrappingData } = object.keyBlock;
  if (keyWrappingData === null) return decodeKeyMaterial(keyFormatType, keyMaterial, 'material');
  const bytes = plaintextOf(objects, object);
  return keyWrappingData.encoding === 'NoEncoding'
    ? { kind: 'bytes', bytes }
    : decodeKeyValueMaterial(keyFormatType, bytes);
}

/** Returns material as known-*.json writes it. */
function shown(keyFormatType: string, material: KeyMaterial, known: KnownMaterial): string {
  const pkcs1 = { format: 'der', type: 'pkcs1' } as const;
  switch (material.kind) {
    case 'bytes':
      return material.bytes.toString('hex');
    case 'rsa-private':
      return privateKeyObject('RSA', keyFormatType, material).export(pkcs1).toString('hex');
    case 'rsa-public':
      return publicKeyObject('RSA', keyFormatType, material).export(pkcs1).toString('hex');
    case 'ec-private':
      return toBigEndian(material.d, knownValue(known, 'D').length / 2).toString('hex');
    case 'ec-public': {
      const name = { P256: 'prime256v1', P384: 'secp384r1' }[material.curve];
      if (name === undefined) return material.q.toString('hex');
      const point = ECDH.convertKey(material.q, name, undefined, 'hex', 'uncompressed');
      return point as string;
    }
  }
}

function knownValue({ keyMaterial }: KnownMaterial, tag: string): string {
  const value = keyMaterial?.find((member) => member.tag === tag)?.value ?? '';
  return value.replace(/^0x/, '').toLowerCase();
}

describeGolden('wrapping on the golden stores', () => {
  for (const { store, known, wrapped } of STORES) {
    describe(`${store}.sqlite`, () => {
      it('unwraps every row to the material that the server exports', () => {
        const objects = objectsOf(store);
        const materials = knownOf(known);
        const compared = new Set<string>();
        assert.equal(wrappedOf(objects).length, wrapped);
        for (const object of wrappedOf(objects)) {
          const { uniqueIdentifier: uid, attributes, keyBlock } = object;
          const material = transparentMaterialOf(objects, object);
          const { hex, keyMaterial } = materials[uid] ?? {};
          if (typeof hex === 'string' || keyMaterial !== undefined) {
            const tag = material.kind === 'ec-public' ? 'QString' : 'D';
            const expected = hex ?? knownValue({ keyMaterial: keyMaterial! }, tag);
            const given = { keyMaterial: keyMaterial ?? [] };
            assert.equal(shown(keyBlock.keyFormatType, material, given), expected, uid);
            compared.add(uid);
          }
          const digest = attributes.members['Digest'] as JsonObject | undefined;
          if (digest !== undefined) {
            const computed = keyMaterialDigest(keyBlock.keyFormatType, material);
            assert.deepEqual([...computed], digest['DigestValue'], uid);
            compared.add(uid);
          }
          assert.ok(compared.has(uid), `${uid} has nothing to compare with`);
        }
      });

      it('wraps to the bytes of the row, or to others that unwrap to the same', () => {
        const objects = objectsOf(store);
        for (const { uniqueIdentifier: uid, keyBlock } of wrappedOf(objects)) {
          const { wrappingKeyUid, parameters, ciphertext } = keyBlock.keyWrappingData!;
          const plaintext = plaintextOf(objects, { keyBlock });
          const key = unwrappingKey(objects, wrappingKeyUid);
          const again = wrapBytes(key, parameters, plaintext);
          const isDeterministic = key.kind === 'aes' && parameters.blockCipherMode !== 'GCM';
          assert.equal(again.equals(ciphertext!), isDeterministic, uid);
          assert.equal(again.length, ciphertext!.length, uid);
          assert.deepEqual(unwrapBytes(key, parameters, again).plaintext, plaintext, uid);
        }
      });

      it('does not unwrap a truncated or changed row, or with another key', () => {
        const objects = objectsOf(store);
        const other: WrappingKey = { kind: 'aes', key: Buffer.alloc(32, 1) };
        for (const { uniqueIdentifier: uid, keyBlock } of wrappedOf(objects)) {
          const { wrappingKeyUid, parameters, ciphertext } = keyBlock.keyWrappingData!;
          const changed = Buffer.from(ciphertext!);
          changed[changed.length >> 1]! ^= 0x40;
          const key = unwrappingKey(objects, wrappingKeyUid);
          const unwraps = [
            () => unwrapBytes(key, parameters, changed),
            () => unwrapBytes(key, parameters, ciphertext!.subarray(0, -1)),
            () => unwrapBytes(key, parameters, ciphertext!.subarray(0, -8)),
            () => unwrapBytes(other, parameters, ciphertext!),
          ];
          for (const unwrap of unwraps) {
            assert.throws(unwrap, { name: 'KmsError', reason: 'CannotUnwrap' }, uid);
          }
        }
      });
    });
  }

  it('follows a chain of wrapping keys that are wrapped themselves', () => {
    for (const [store, uid, chain] of [
      ['store', 'kek-nested-dep', ['kek-nested', 'kek']],
      ['store-rotated', 'kek-nested-dep', ['kek-nested', '7d1e3d09-2b21-4c13-bd9b-c493d328562e']],
      ['kek', 'user-dep', ['user-kek', 'server-kek']],
    ] as const) {
      const objects = objectsOf(store);
      const above = (below: string) => objects.get(below)!.wrappingKeyUid;
      assert.deepEqual([above(uid), above(above(uid)!), above(chain[1])], [...chain, null]);
      assert.equal(plaintextOf(objects, objects.get(uid)!).length, 32);
    }
  });
});
