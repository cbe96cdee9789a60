// The rules of wrapping keys: which one a uid names, whether it may wrap, and that no key wraps itself in the end.
// related-objects.ts finds the objects; nothing here decrypts.
import { KmsError } from '../errors.js';
import { isDestroyed, type ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import {
  MAX_WRAPPING_DEPTH,
  privateUidOf,
  publicUidOf,
  readableOrThrow,
  unwrappingKeyUidOf,
  type RelatedObjects,
} from './related-objects.js';

const MASK_WRAP_KEY = 16;
const MASK_UNWRAP_KEY = 32;
const MASK_UNRESTRICTED = 0x20_0000;

/** Returns the wrapping key of this uid. @throws KmsError WrappingKeyMissing, HsmResident, or why it cannot be read. */
export function requireWrappingKey(uid: string, relatedObjects: RelatedObjects): ManagedObject {
  const object = relatedObjects.get(uid);
  if (object instanceof KmsError) throw object;
  if (object !== undefined && !isDestroyed(object)) return object;
  if (object === undefined && isHsmUid(uid)) {
    throw new KmsError(
      'HsmResident',
      `the wrapping key ${JSON.stringify(uid)} lives in a hardware security module`,
      {
        uid,
        hint: 'rotate what it wraps with the server: its material never leaves the module',
      },
    );
  }
  const what = object === undefined ? 'is not in the store' : `is ${object.state}`;
  throw new KmsError('WrappingKeyMissing', `the wrapping key ${JSON.stringify(uid)} ${what}`, {
    uid,
    hint: 'restore it from a copy of the store, with the objects that it wraps',
  });
}

/**
 * Ensures that an object may wrap others now, by the same rules as the server (storage format §5.3). Whichever key of
 * a pair is named, the public key wraps; the private key, if it is in the store, must be able to unwrap.
 *
 * @throws KmsError WrappingKeyNotActive, WrappingKeyUnfit, WrappingKeyMissing.
 */
export function assertMayWrap(object: ManagedObject, relatedObjects: RelatedObjects): void {
  const encrypting = encryptingKeyOf(object, relatedObjects);
  const privateUid = object.objectType === 'SymmetricKey' ? null : privateUidOf(object);
  const decrypting = privateUid === null ? undefined : relatedObjects.get(privateUid);
  for (const key of [object, encrypting, decrypting ?? object]) {
    assertActive(readableOrThrow(key));
  }
  // A certificate has no mask: its public key wraps.
  if (encrypting.objectType === 'Certificate' || maskAllows(encrypting, MASK_WRAP_KEY)) return;
  const uid = encrypting.uniqueIdentifier;
  throw new KmsError(
    'WrappingKeyUnfit',
    `the usage mask of the wrapping key ${JSON.stringify(uid)} does not allow it to wrap keys`,
    { uid, hint: 'set WrapKey in its Cryptographic Usage Mask with the server that wrote it' },
  );
}

/** @throws KmsError WrappingKeyNotActive. */
export function assertActive({ uniqueIdentifier: uid, state }: ManagedObject): void {
  if (state === 'Active') return;
  throw new KmsError(
    'WrappingKeyNotActive',
    `the wrapping key ${JSON.stringify(uid)} is ${state}`,
    {
      uid,
      hint: 'rotate it first (kms rotate key), or activate it with the server: the next run then rotates what it wraps',
    },
  );
}

/** Returns the key that encrypts when this object is named as wrapping key: of a private key, its public key. */
export function encryptingKeyOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject {
  if (object.objectType !== 'PrivateKey') return object;
  return requireWrappingKey(publicUidOf(object), relatedObjects);
}

/**
 * Ensures that a key may wrap an object: it must not be wrapped by that object, directly or through other keys.
 *
 * @throws KmsError WrappingCycle if the object or its counterpart is the key, or wraps it.
 */
export function assertNoWrappingCycle(
  object: ManagedObject,
  key: ManagedObject,
  relatedObjects: RelatedObjects,
): void {
  let above: ManagedObject | KmsError | undefined = key;
  for (let level = 0; above !== undefined && level < MAX_WRAPPING_DEPTH; level += 1) {
    if (above instanceof KmsError) return;
    if (pairUidsOf(above).some((uid) => pairUidsOf(object).includes(uid))) {
      const [uid, name] = [object.uniqueIdentifier, JSON.stringify(key.uniqueIdentifier)];
      throw new KmsError(
        'WrappingCycle',
        `${name} is ${JSON.stringify(uid)} itself, or is wrapped by it`,
        {
          uid,
          hint: 'export it, and import it again under another key, with the server that wrote it',
        },
      );
    }
    const counterpart = unwrappingKeyUidOf(above);
    const holder: ManagedObject | KmsError | undefined =
      counterpart === null || counterpart === above.uniqueIdentifier
        ? above
        : relatedObjects.get(counterpart);
    if (holder === undefined || holder instanceof KmsError) return;
    above = relatedObjects.get(holder.wrappingKeyUid ?? '');
  }
}

function pairUidsOf(object: ManagedObject): readonly string[] {
  const { uniqueIdentifier: uid, objectType } = object;
  if (objectType === 'PrivateKey') return [uid, publicUidOf(object)];
  const counterpart = unwrappingKeyUidOf(object);
  return counterpart === null ? [uid] : [uid, counterpart];
}

/**
 * Whether an object may have wrapped others, by either copy of its usage mask: one that may only unwrap wrapped
 * before, and one without a mask may have.
 */
export function mayHaveWrapped(key: ManagedObject): boolean {
  const known = masksOf(key);
  const any = MASK_WRAP_KEY | MASK_UNWRAP_KEY | MASK_UNRESTRICTED;
  return known.length === 0 || known.some((mask) => (mask & any) !== 0);
}

/** Whether a key may wrap others, by either copy of its usage mask; one without a mask may. */
export function mayWrap(key: ManagedObject): boolean {
  const known = masksOf(key);
  const any = MASK_WRAP_KEY | MASK_UNRESTRICTED;
  return known.length === 0 || known.some((mask) => (mask & any) !== 0);
}

function masksOf({ attributes, keyBlock }: ManagedObject): readonly number[] {
  const masks = [attributes, keyBlock?.attributes].map((copy) => copy?.cryptographicUsageMask);
  return masks.filter((mask) => typeof mask === 'number');
}

function maskAllows({ attributes }: ManagedObject, bit: number): boolean {
  const mask = attributes.cryptographicUsageMask ?? 0;
  return (mask & (bit | MASK_UNRESTRICTED)) !== 0;
}
