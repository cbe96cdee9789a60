// The objects around a subject: what wraps it, other halves of pairs, issuers, replacements; and the rules by which
// one is found among them. store/load.ts fills the map; nothing here decrypts.
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { LinkType } from '../kmip/vocabulary.js';

/** By uid; a row that cannot be read stands as the reason. */
export type RelatedObjects = ReadonlyMap<string, ManagedObject | KmsError>;

const MASK_WRAP_KEY = 16;
const MASK_UNWRAP_KEY = 32;
const MASK_UNRESTRICTED = 0x20_0000;

/** Longer chains of keys under keys are no chains but a fault. */
export const MAX_WRAPPING_DEPTH = 32;

/** Generations that are followed from one to the next: a key that is rotated daily makes as many in three years. */
export const MAX_GENERATIONS = 1000;

/** @throws KmsError WrappingKeyMissing, HsmResident, or why the row cannot be read. */
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
        hint: 'rotate what lies under it with the server: its material never leaves the module',
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
 * Ensures that others may be wrapped under an object now, as the server will ask (storage format §5.3): of a
 * pair, whichever half is named, the public key wraps, and the private key, if it is there, must unwrap.
 *
 * @throws KmsError WrappingKeyNotActive, WrappingKeyUnfit, WrappingKeyMissing.
 */
export function assertMayWrap(object: ManagedObject, relatedObjects: RelatedObjects): void {
  const wraps = wrappingKeyOf(object, relatedObjects);
  const privateUid = object.objectType === 'SymmetricKey' ? null : privateUidOf(object);
  const unwraps = privateUid === null ? undefined : relatedObjects.get(privateUid);
  for (const counterpart of [object, wraps, unwraps ?? object])
    assertActive(readableOrThrow(counterpart));
  // Certificates have no mask: they wrap with their public key.
  if (wraps.objectType === 'Certificate' || maskAllows(wraps, MASK_WRAP_KEY)) return;
  const uid = wraps.uniqueIdentifier;
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
      hint: `rotate it first (kms rotate key), or activate it with the server: what it wraps then follows`,
    },
  );
}

/** Returns what wraps where this object is named: the public key of a private one. @throws as `wrappingKeyNamed`. */
export function wrappingKeyOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject {
  if (object.objectType !== 'PrivateKey') return object;
  return requireWrappingKey(publicUidOf(object), relatedObjects);
}

/**
 * Ensures that a key does not hang on an object, which would wrap itself if that key wrapped it.
 *
 * @throws KmsError WrappingCycle if the object, or the other half of its pair, stands above the key or is it.
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
        `${name} is, or hangs on, ${JSON.stringify(uid)} itself`,
        {
          uid,
          hint: 'export and import it anew under another key with the server that wrote it',
        },
      );
    }
    const counterpart = privateKeyUidOf(above);
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
  const counterpart = privateKeyUidOf(object);
  return counterpart === null ? [uid] : [uid, counterpart];
}

/** Returns the uid of what unwraps where a public key is named, or a certificate, or a private key itself. */
export function privateKeyUidOf(object: ManagedObject): string | null {
  const { objectType, uniqueIdentifier } = object;
  if (objectType === 'PrivateKey') return uniqueIdentifier;
  return objectType === 'PublicKey' || objectType === 'Certificate' ? privateUidOf(object) : null;
}

/**
 * Says whether others may be wrapped under an object, by either copy of its usage mask: one that may only
 * unwrap has wrapped before, and one without a mask may have.
 */
export function mayHaveWrapped({ attributes, keyBlock }: ManagedObject): boolean {
  const masks = [attributes, keyBlock?.attributes].map((copy) => copy?.cryptographicUsageMask);
  const known = masks.filter((mask) => typeof mask === 'number');
  const any = MASK_WRAP_KEY | MASK_UNWRAP_KEY | MASK_UNRESTRICTED;
  return known.length === 0 || known.some((mask) => (mask & any) !== 0);
}

function maskAllows({ attributes }: ManagedObject, bit: number): boolean {
  const mask = attributes.cryptographicUsageMask ?? 0;
  return (mask & (bit | MASK_UNRESTRICTED)) !== 0;
}

/** Returns the uid that an object's ReplacementObjectLink names; a link to itself replaces nothing. */
export function replacementUidOf({ uniqueIdentifier, attributes }: ManagedObject): string | null {
  const uid = linkTo(attributes, 'ReplacementObjectLink');
  return uid === uniqueIdentifier ? null : uid;
}

/** Returns the uid of a public key's private half, or of the private key that a certificate goes with. */
export function privateUidOf(object: ManagedObject): string | null {
  const linked = linkTo(object.attributes, 'PrivateKeyLink');
  return (
    linked ??
    (object.objectType === 'PublicKey' ? privateUidFromName(object.uniqueIdentifier) : null)
  );
}

/** Returns the uid of the private key after which a public key is called. */
export function privateUidFromName(publicUid: string): string | null {
  return publicUid.endsWith('_pk') ? publicUid.slice(0, -3) : null;
}

/** Returns the uid of a private key's public half. */
export function publicUidOf({ attributes, uniqueIdentifier }: ManagedObject): string {
  return linkTo(attributes, 'PublicKeyLink') ?? `${uniqueIdentifier}_pk`;
}

/**
 * Returns the uids by which dependants may name a key: of a pair also its public half, its certificate, and
 * those of the given certificates that link to it.
 */
export function uidsOfWrappingKey(
  object: ManagedObject,
  certificates: readonly { readonly uid: string; readonly linkedUids: readonly string[] }[] = [],
): readonly string[] {
  const uid = object.uniqueIdentifier;
  if (object.objectType !== 'PrivateKey') return [uid];
  const pairUids = [uid, publicUidOf(object)];
  const own = linkTo(object.attributes, 'CertificateLink');
  const linking = certificates.filter(({ linkedUids }) =>
    linkedUids.some((linked) => pairUids.includes(linked)),
  );
  return [...pairUids, ...(own === null ? [] : [own]), ...linking.map((one) => one.uid)];
}

/** Links that lead on from an object that wraps others, to what unwrapping and re-wrapping may need. */
const FOLLOWED: readonly LinkType[] = ['ReplacementObjectLink', 'PrivateKeyLink', 'PublicKeyLink'];

/** Returns the uids to look at next from an object, found in its own attributes. */
export function relatedUids(object: ManagedObject): readonly string[] {
  const counterpart =
    object.objectType === 'PrivateKey' ? publicUidOf(object) : privateUidOf(object);
  const named = [
    object.wrappingKeyUid,
    counterpart,
    // Whether it is in use decides about the pair; above a certificate stands its issuer.
    isCertified(object) ? linkTo(object.attributes, 'CertificateLink') : null,
    ...FOLLOWED.map((type) => linkTo(object.attributes, type)),
  ];
  return named.filter((uid) => uid !== null);
}

function isCertified({ objectType }: ManagedObject): boolean {
  return objectType === 'PublicKey' || objectType === 'Certificate';
}

/** Returns the uids of the keys that a certificate says it goes with. */
export function keyUidsOfCertificate({ attributes }: ManagedObject): readonly string[] {
  const uids = [linkTo(attributes, 'PublicKeyLink'), linkTo(attributes, 'PrivateKeyLink')];
  return uids.filter((uid) => uid !== null);
}

export function isDestroyed({ state }: ManagedObject): boolean {
  return state === 'Destroyed' || state === 'Destroyed_Compromised';
}

/** @throws KmsError why its row cannot be read. */
export function readableOrThrow(object: ManagedObject | KmsError): ManagedObject {
  if (object instanceof KmsError) throw object;
  return object;
}
