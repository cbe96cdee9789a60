// Wraps a replacement as the replaced object was: same wrapping key (its latest generation), same mode and
// parameters, bytes alone wherever they stand alone (design §3.2).
import {
  wipeWrappingKey,
  wrappingKeyFromCertificate,
  type WrappingKey,
} from '../../crypto/wrapping/wrapping-key.js';
import { canWrap, unwrapBytes, wrapBytes } from '../../crypto/wrapping/wrapping.js';
import { KmsError } from '../../errors.js';
import { withLink } from '../../kmip/attributes.js';
import { encodeBytes } from '../../kmip/bytes.js';
import type { JsonObject } from '../../kmip/json.js';
import { encodeKeyMaterial, type KeyMaterial } from '../../kmip/key-material.js';
import {
  encodeKeyWrappingData,
  type KeyWrappingData,
  type WrappingParameters,
} from '../../kmip/key-wrapping-data.js';
import { certificateBytes } from '../../kmip/certificate-value.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { encodeKeyValue } from '../../kmip/ttlv/ttlv.js';
import {
  withoutWrappingKeyAttribute,
  withWrappingKeyAttribute,
} from '../../kmip/vendor-attributes.js';
import { latestReplacementOf, assertSameKind } from '../../rotation/replacements.js';
import { unwrappingKeyUidOf, type RelatedObjects } from '../../rotation/related-objects.js';
import {
  assertMayWrap,
  assertNoWrappingCycle,
  encryptingKeyOf,
  requireWrappingKey,
} from '../../rotation/wrapping-rules.js';
import { withUid } from '../with-uid.js';
import { asWrappingKey, plainMaterialOf, unwrappingKeyFor } from './unwrapping.js';

/** How a new object is to be wrapped. */
export interface Wrapping {
  readonly wrappingKeyUid: string;
  readonly key: WrappingKey;
  /** What unwraps where that uid is named; null if it is not in the store. */
  readonly unwrappingKey: WrappingKey | null;
  readonly parameters: WrappingParameters;
  readonly cryptographicParameters: JsonObject | null;
}

/** A key block's own members, and the material that is to stand in it. */
export interface PlainKey {
  readonly objectType: 'SymmetricKey' | 'PrivateKey' | 'PublicKey';
  readonly keyFormatType: string;
  readonly material: KeyMaterial;
  readonly cryptographicAlgorithm: string | null;
  /** Bits. */
  readonly cryptographicLength: number;
}

/**
 * Returns how the replacement of an object is to be wrapped, or null if it is not.
 *
 * @throws KmsError WrappingKeyMissing, WrappingKeyNotActive, WrappingKeyUnfit, WrappingCycle, or what
 *   unwrapping the wrapping key met.
 */
export function wrappingOf(
  replaced: ManagedObject,
  relatedObjects: RelatedObjects,
): Wrapping | null {
  const data = replaced.keyBlock?.keyWrappingData ?? null;
  if (data === null) return null;
  const uid = replaced.uniqueIdentifier;
  if (data.wrappingKeyUid === uid) {
    throw new KmsError('WrappingCycle', `${JSON.stringify(uid)} is wrapped by itself`, {
      uid,
      hint: 'restore it from a copy of the store: what it wraps cannot be read',
    });
  }
  const named = requireWrappingKey(data.wrappingKeyUid, relatedObjects);
  const wrapping = latestReplacementOf(named, relatedObjects);
  assertSameKind(named, wrapping);
  // What hangs on the replaced object is to hang on its replacement.
  assertNoWrappingCycle(replaced, wrapping, relatedObjects);
  return wrappingBy(wrapping, data, relatedObjects);
}

/** Returns how a new object is wrapped by a key, as the server does it unless asked (storage format §5.2). */
export function newWrappingBy(wrapping: ManagedObject, relatedObjects: RelatedObjects): Wrapping {
  const blockCipherMode = wrapping.objectType === 'SymmetricKey' ? 'AESKeyWrapPadding' : null;
  const parameters = { blockCipherMode, paddingMethod: null, hashingAlgorithm: null };
  return wrappingBy(wrapping, { parameters, cryptographicParameters: null }, relatedObjects);
}

/** Returns how something is wrapped by this very key, as `data` says. @throws KmsError as `wrappingOf`. */
function wrappingBy(
  wrapping: ManagedObject,
  data: Pick<KeyWrappingData, 'parameters' | 'cryptographicParameters'>,
  relatedObjects: RelatedObjects,
): Wrapping {
  assertMayWrap(wrapping, relatedObjects);
  const key = wrappingKeyFrom(wrapping, relatedObjects);
  try {
    return {
      wrappingKeyUid: wrapping.uniqueIdentifier,
      key,
      unwrappingKey:
        wrapping.objectType === 'SymmetricKey' ? key : unwrappingKeyOf(wrapping, relatedObjects),
      parameters: data.parameters,
      cryptographicParameters: data.cryptographicParameters,
    };
  } catch (error) {
    wipeWrappingKey(key);
    throw error;
  }
}

function unwrappingKeyOf(
  wrapping: ManagedObject,
  relatedObjects: RelatedObjects,
): WrappingKey | null {
  const uid = unwrappingKeyUidOf(wrapping);
  return uid !== null && relatedObjects.has(uid) ? unwrappingKeyFor(uid, relatedObjects) : null;
}

/** Returns a key that may wrap as one that also unwraps. @throws KmsError as `wrappingOf`. */
export function wrappingKeyPairOf(
  wrapping: ManagedObject,
  relatedObjects: RelatedObjects,
): WrappingKey {
  assertMayWrap(wrapping, relatedObjects);
  return unwrappingKeyFor(wrapping.uniqueIdentifier, relatedObjects);
}

/** Returns the object of a key as it is stored: plain with its embedded attributes, or wrapped. */
export function keyObject(
  plain: PlainKey,
  attributes: JsonObject,
  wrapping: Wrapping | null,
): JsonObject {
  const { objectType, keyFormatType, material } = plain;
  // KeyFormatType must come before KeyValue.
  const block = {
    KeyFormatType: keyFormatType,
    KeyValue:
      wrapping === null
        ? { KeyMaterial: encodeKeyMaterial(keyFormatType, material), Attributes: attributes }
        : undefined,
    CryptographicAlgorithm: plain.cryptographicAlgorithm ?? undefined,
    CryptographicLength: plain.cryptographicLength,
  };
  if (wrapping === null) return { [objectType]: { KeyBlock: block } };
  return { [objectType]: { KeyBlock: { ...block, ...wrappedValue(plain, attributes, wrapping) } } };
}

/** Returns column attributes that say by what an object is wrapped; the vendor attribute only if it had one. */
export function withWrappingKey(column: JsonObject, wrapping: Wrapping | null): JsonObject {
  if (wrapping === null) return column;
  const linked = withLink(column, 'WrappingKeyLink', wrapping.wrappingKeyUid);
  return withWrappingKeyAttribute(linked, wrapping.wrappingKeyUid, 'kept');
}

export function wipeWrapping(wrapping: Wrapping | null): void {
  if (wrapping === null) return;
  wipeWrappingKey(wrapping.key);
  if (wrapping.unwrappingKey !== null) wipeWrappingKey(wrapping.unwrappingKey);
}

function wrappedValue(plain: PlainKey, attributes: JsonObject, wrapping: Wrapping): JsonObject {
  const { key, parameters, cryptographicParameters, wrappingKeyUid } = wrapping;
  const { material } = plain;
  const data = { wrappingKeyUid, parameters, cryptographicParameters };
  if (material.kind === 'bytes' && canWrap(key, parameters, material.bytes)) {
    return {
      KeyValue: encodeBytes(wrapped(wrapping, material.bytes)),
      KeyWrappingData: encodeKeyWrappingData({ ...data, encoding: 'NoEncoding' }),
    };
  }
  const plaintext = keyValueFor(plain, attributes, wrapping);
  try {
    return {
      KeyValue: encodeBytes(wrapped(wrapping, plaintext)),
      KeyWrappingData: encodeKeyWrappingData({ ...data, encoding: 'TTLVEncoding' }),
    };
  } finally {
    plaintext.fill(0);
  }
}

/** @throws KmsError WrappingKeyUnfit if what is to unwrap it cannot. */
function wrapped(wrapping: Wrapping, plaintext: Buffer): Buffer {
  const { key, unwrappingKey, parameters, wrappingKeyUid: uid } = wrapping;
  const ciphertext = wrapBytes(key, parameters, plaintext);
  if (unwrappingKey === null || isUnwrappedBy(unwrappingKey, wrapping, { plaintext, ciphertext }))
    return ciphertext;
  throw new KmsError(
    'WrappingKeyUnfit',
    `the wrapping key ${JSON.stringify(uid)} is linked to halves of two pairs: what the one wraps, the other cannot unwrap`,
    { uid, hint: 'link it to its own other half with the server that wrote it' },
  );
}

function isUnwrappedBy(
  key: WrappingKey,
  { parameters }: Wrapping,
  { plaintext, ciphertext }: { plaintext: Buffer; ciphertext: Buffer },
): boolean {
  try {
    const opened = unwrapBytes(key, parameters, ciphertext).plaintext;
    const same = opened.equals(plaintext);
    opened.fill(0);
    return same;
  } catch (error) {
    if (error instanceof KmsError) return false;
    throw error;
  }
}

/** RSA-OAEP may have no room for the attributes: they stand in the column, and may be absent inside. */
function keyValueFor(
  { keyFormatType, material }: PlainKey,
  attributes: JsonObject,
  { key, parameters }: Wrapping,
): Buffer {
  const whole = encodeKeyValue(keyFormatType, material, innerAttributes(attributes));
  if (canWrap(key, parameters, whole)) return whole;
  whole.fill(0);
  return encodeKeyValue(keyFormatType, material, null);
}

/** The copy inside the ciphertext does not say by what it is wrapped (storage format §5.4). */
function innerAttributes(attributes: JsonObject): JsonObject {
  return withoutWrappingKeyAttribute(attributes);
}

/** The public key of a pair wraps, be it named by a private key or in a certificate. */
function wrappingKeyFrom(wrapping: ManagedObject, relatedObjects: RelatedObjects): WrappingKey {
  const holder = encryptingKeyOf(wrapping, relatedObjects);
  if (holder.objectType === 'Certificate') {
    return withUid(holder, () => wrappingKeyFromCertificate(certificateBytes(holder)));
  }
  return asWrappingKey(holder, plainMaterialOf(holder, relatedObjects));
}
