// Re-Key (KMIP 2.1 §6.1.46): the replacement of a symmetric key and the retirement of the replaced
// one, as rows. Wrapping the replacement and re-wrapping dependants are steps of their own.
import { transparentSymmetricKeyDigest } from '../crypto/digest.js';
import { generateSymmetricKey } from '../crypto/symmetric-key.js';
import { formatJson, type JsonObject } from '../kmip/json.js';
import { symmetricMaterialLength } from '../kmip/key-block.js';
import { type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import { SYMMETRIC_KEY_USAGE_MASK } from '../kmip/vocabulary.js';
import type { Occasion, Rotation } from './change.js';
import { embeddedOfReplacement, replacementOf, retire, type Replacement } from './replacement.js';

/** Returns the rotation of an unwrapped symmetric key without dependants. */
export function rekey(object: ManagedObject, occasion: Occasion): Rotation {
  const replacement = replacementOf(object, occasion, '_kk');
  const keyBlock = object.keyBlock;
  if (keyBlock === null) throw new TypeError('a symmetric key without a key block');
  const material = generateSymmetricKey(symmetricMaterialLength(keyBlock) * 8);
  try {
    return {
      uid: object.uniqueIdentifier,
      flow: 'plain',
      replacementUid: replacement.uid,
      inKeyset: object.attributes.rotateName !== null,
      generation: replacement.generation,
      nextDeadline: replacement.nextDeadline,
      changes: [
        {
          kind: 'create',
          row: symmetricKeyRow(object, replacement, material),
          systemTag: '_kk',
          successorOf: object.uniqueIdentifier,
        },
        {
          kind: 'replace',
          before: object.row,
          after: retire(object, replacement.uid, occasion.now),
        },
      ],
    };
  } finally {
    material.fill(0);
  }
}

function symmetricKeyRow(
  replaced: ManagedObject,
  replacement: Replacement,
  material: Buffer,
): ObjectRow {
  const algorithm =
    replaced.keyBlock?.cryptographicAlgorithm ?? replaced.attributes.cryptographicAlgorithm;
  const length = material.length * 8;
  const attributes = withMembers(replacement.attributes, {
    ObjectType: 'SymmetricKey',
    CryptographicAlgorithm: algorithm ?? undefined,
    CryptographicLength: length,
    CryptographicUsageMask: replaced.attributes.cryptographicUsageMask ?? SYMMETRIC_KEY_USAGE_MASK,
    KeyFormatType: 'TransparentSymmetricKey',
    Digest: {
      HashingAlgorithm: 'SHA256',
      DigestValue: [...transparentSymmetricKeyDigest(material)],
      KeyFormatType: 'Raw',
    },
  });
  const { documents } = replaced;
  return {
    id: replacement.uid,
    object: formatJson(
      symmetricKeyObject(material, embeddedOfReplacement(attributes), algorithm),
      documents.object.indented,
    ),
    attributes: formatJson(attributes, documents.attributes.indented),
    state: 'Active',
    owner: replaced.owner,
    wrappingKeyId: null,
  };
}

/** Returns the object of a TransparentSymmetricKey; KeyFormatType must come before KeyValue. */
export function symmetricKeyObject(
  material: Uint8Array,
  embedded: JsonObject,
  algorithm: string | null,
): JsonObject {
  return {
    SymmetricKey: {
      KeyBlock: {
        KeyFormatType: 'TransparentSymmetricKey',
        KeyValue: { KeyMaterial: { Key: [...material] }, Attributes: embedded },
        CryptographicAlgorithm: algorithm ?? undefined,
        CryptographicLength: material.length * 8,
      },
    },
  };
}
