// Unwraps objects: up the chain of wrapping keys, each unwrapped by the one above it. A wrapping key that is
// Deactivated or replaced still unwraps what it wrapped.
import {
  wipeWrappingKey,
  wrappingKeyFromMaterial,
  type WrappingKey,
} from '../../crypto/wrapping/wrapping-key.js';
import { unwrapBytes, type Unwrapped } from '../../crypto/wrapping/wrapping.js';
import { KmsError } from '../../errors.js';
import { decodeKeyMaterial, type KeyMaterial } from '../../kmip/key-material.js';
import { decodeKeyValueMaterial } from '../../kmip/ttlv/ttlv.js';
import {
  decodeRow,
  withRowUid,
  algorithmOf,
  type ManagedObject,
  type ObjectRow,
} from '../../kmip/managed-object.js';
import { withUid } from '../with-uid.js';
import {
  MAX_WRAPPING_DEPTH,
  privateUidOf,
  type RelatedObjects,
} from '../../rotation/related-objects.js';
import { requireWrappingKey } from '../../rotation/wrapping-rules.js';

/**
 * Returns the material of an object, unwrapped if it is wrapped. The caller wipes it.
 *
 * @throws KmsError WrappingKeyMissing, WrappingCycle, CannotUnwrap or UnsupportedWrapping.
 */
export function plainMaterialOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): KeyMaterial {
  return materialAt(object, relatedObjects, 0);
}

/** Returns the key that unwraps what names this uid as its wrapping key. @throws KmsError as above. */
export function unwrappingKeyFor(uid: string, relatedObjects: RelatedObjects): WrappingKey {
  return unwrappingKeyAt(uid, relatedObjects, 0);
}

/** Unwraps an object with this key. @throws KmsError CannotUnwrap or UnsupportedWrapping. */
export function unwrapObject(key: WrappingKey, object: ManagedObject): Unwrapped {
  const data = object.keyBlock?.keyWrappingData ?? null;
  const uid = object.uniqueIdentifier;
  const ciphertext = data?.ciphertext ?? null;
  if (data === null || ciphertext === null) {
    throw new KmsError('CannotUnwrap', `${JSON.stringify(uid)} has no wrapped key material`, {
      uid,
      hint: 'compare the row with a valid one of its kind',
    });
  }
  return withUid(object, () => unwrapBytes(key, data.parameters, ciphertext));
}

/**
 * Returns the key in a new row, read from the row itself, so that what it wraps can be unwrapped by what is stored.
 *
 * @throws KmsError as above.
 */
export function wrappingKeyInRow(row: ObjectRow, relatedObjects: RelatedObjects): WrappingKey {
  const object = decodeRow(row);
  return wrappingKeyFromObject(object, plainMaterialOf(object, relatedObjects));
}

function unwrapAt(object: ManagedObject, relatedObjects: RelatedObjects, depth: number): Unwrapped {
  const data = object.keyBlock?.keyWrappingData;
  if (data === null || data === undefined) throw new TypeError('an object that is not wrapped');
  if (depth === MAX_WRAPPING_DEPTH || data.wrappingKeyUid === object.uniqueIdentifier) {
    const uid = object.uniqueIdentifier;
    throw new KmsError(
      'WrappingCycle',
      `the wrapping keys above ${JSON.stringify(uid)} form a circle, or have more than ${MAX_WRAPPING_DEPTH} levels`,
      { uid, hint: 'kms key tree shows them' },
    );
  }
  const key = unwrappingKeyAt(data.wrappingKeyUid, relatedObjects, depth + 1);
  try {
    return unwrapObject(key, object);
  } finally {
    wipeWrappingKey(key);
  }
}

function unwrappingKeyAt(uid: string, relatedObjects: RelatedObjects, depth: number): WrappingKey {
  const named = requireWrappingKey(uid, relatedObjects);
  const holder = decryptingKeyOf(named, relatedObjects);
  return wrappingKeyFromObject(holder, materialAt(holder, relatedObjects, depth));
}

/** Returns a wrapping key from material, and wipes the material. @throws KmsError UnsupportedWrapping. */
export function wrappingKeyFromObject(object: ManagedObject, material: KeyMaterial): WrappingKey {
  try {
    return withUid(object, () =>
      wrappingKeyFromMaterial(algorithmOf(object), object.keyBlock?.keyFormatType ?? '', material),
    );
  } finally {
    if (material.kind === 'bytes') material.bytes.fill(0);
  }
}

function materialAt(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
  depth: number,
): KeyMaterial {
  const { keyBlock, uniqueIdentifier: uid } = object;
  const at = `object.${object.objectType}.KeyBlock.KeyValue.KeyMaterial`;
  if (keyBlock?.keyWrappingData?.ciphertext) {
    const { plaintext } = unwrapAt(object, relatedObjects, depth);
    try {
      return withRowUid(uid, () =>
        keyBlock.keyWrappingData?.encoding === 'TTLVEncoding'
          ? decodeKeyValueMaterial(keyBlock.keyFormatType, plaintext)
          : bareMaterial(keyBlock.keyFormatType, plaintext, uid),
      );
    } finally {
      plaintext.fill(0);
    }
  }
  const material = keyBlock?.keyMaterial ?? null;
  if (keyBlock === null || material === null) {
    throw new KmsError('CannotUnwrap', `${JSON.stringify(uid)} holds no key material`, { uid });
  }
  return withRowUid(uid, () => decodeKeyMaterial(keyBlock.keyFormatType, material, at));
}

/** Returns material that was wrapped without encoding; transparent pairs cannot be (storage format §5.4). */
function bareMaterial(keyFormatType: string, plaintext: Buffer, uid: string): KeyMaterial {
  if (keyFormatType === 'TransparentSymmetricKey' || !keyFormatType.startsWith('Transparent')) {
    return { kind: 'bytes', bytes: Buffer.from(plaintext) };
  }
  throw new KmsError(
    'UnsupportedWrapping',
    `${JSON.stringify(uid)} is wrapped without encoding in the format ${keyFormatType}`,
    { uid, hint: 'such bytes have no known form: export the key and import it again' },
  );
}

/** Returns the key that decrypts when this object is named as wrapping key: of a pair its private key. */
function decryptingKeyOf(named: ManagedObject, relatedObjects: RelatedObjects): ManagedObject {
  if (named.objectType !== 'PublicKey' && named.objectType !== 'Certificate') return named;
  const uid = privateUidOf(named);
  if (uid !== null) return requireWrappingKey(uid, relatedObjects);
  const name = JSON.stringify(named.uniqueIdentifier);
  throw new KmsError(
    'WrappingKeyMissing',
    `${name} is not linked to a private key that could unwrap`,
    {
      uid: named.uniqueIdentifier,
      hint: 'link it to its private key with the server that wrote it',
    },
  );
}
