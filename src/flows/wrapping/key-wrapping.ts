// How a replacement is wrapped: like the replaced object, by the latest generation of the same wrapping key, with the
// same mode and parameters. stored-key.ts wraps it.
import {
  wipeWrappingKey,
  wrappingKeyFromCertificate,
  type WrappingKey,
} from '../../crypto/wrapping/wrapping-key.js';
import { KmsError } from '../../errors.js';
import type { JsonObject } from '../../kmip/json.js';
import { type KeyWrappingData, type WrappingParameters } from '../../kmip/key-wrapping-data.js';
import { certificateBytes } from '../../kmip/certificate-value.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { latestReplacementOf, assertSameKind } from '../../rotation/replacements.js';
import { unwrappingKeyUidOf, type RelatedObjects } from '../../rotation/related-objects.js';
import {
  assertMayWrap,
  assertNoWrappingCycle,
  encryptingKeyOf,
  requireWrappingKey,
} from '../../rotation/wrapping-rules.js';
import { withUid } from '../with-uid.js';
import { wrappingKeyFromObject, plainMaterialOf, unwrappingKeyFor } from './unwrapping.js';

/** How a new object is to be wrapped. */
export interface Wrapping {
  readonly wrappingKeyUid: string;
  readonly key: WrappingKey;
  /** The key that unwraps, of a pair its private key; null if it is not in the store. */
  readonly unwrappingKey: WrappingKey | null;
  readonly parameters: WrappingParameters;
  readonly cryptographicParameters: JsonObject | null;
}

/**
 * Returns how the replacement of an object is to be wrapped, or null if it is not.
 *
 * @throws KmsError WrappingKeyMissing, WrappingKeyNotActive, WrappingKeyUnfit, WrappingCycle, or why
 *   the wrapping key cannot be unwrapped.
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
  // What the replaced object wraps is to be wrapped by its replacement.
  assertNoWrappingCycle(replaced, wrapping, relatedObjects);
  return wrappingBy(wrapping, data, relatedObjects);
}

/** Returns how a key wraps a new object, by the server's defaults (storage format §5.2). */
export function defaultWrappingBy(
  wrapping: ManagedObject,
  relatedObjects: RelatedObjects,
): Wrapping {
  const blockCipherMode = wrapping.objectType === 'SymmetricKey' ? 'AESKeyWrapPadding' : null;
  const parameters = { blockCipherMode, paddingMethod: null, hashingAlgorithm: null };
  return wrappingBy(wrapping, { parameters, cryptographicParameters: null }, relatedObjects);
}

/** Returns how this key wraps an object, by the parameters of `data`. @throws KmsError as `wrappingOf`. */
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

/** Returns a key that may wrap, with what it takes to unwrap too. @throws KmsError as `wrappingOf`. */
export function wrappingKeyPairOf(
  wrapping: ManagedObject,
  relatedObjects: RelatedObjects,
): WrappingKey {
  assertMayWrap(wrapping, relatedObjects);
  return unwrappingKeyFor(wrapping.uniqueIdentifier, relatedObjects);
}

export function wipeWrapping(wrapping: Wrapping | null): void {
  if (wrapping === null) return;
  wipeWrappingKey(wrapping.key);
  if (wrapping.unwrappingKey !== null) wipeWrappingKey(wrapping.unwrappingKey);
}

/** Returns the key that wraps: of a pair its public key, which may be in a certificate. */
function wrappingKeyFrom(wrapping: ManagedObject, relatedObjects: RelatedObjects): WrappingKey {
  const holder = encryptingKeyOf(wrapping, relatedObjects);
  if (holder.objectType === 'Certificate') {
    return withUid(holder, () => wrappingKeyFromCertificate(certificateBytes(holder)));
  }
  return wrappingKeyFromObject(holder, plainMaterialOf(holder, relatedObjects));
}
