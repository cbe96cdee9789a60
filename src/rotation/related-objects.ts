// The objects related to a candidate (its wrapping key, its counterpart, issuers, replacements), and the links that
// lead to them. store/find/load-related-objects.ts fills the map.
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { LinkType } from '../kmip/vocabulary.js';

/** By uid; a row that cannot be read is in it as the reason why. */
export type RelatedObjects = ReadonlyMap<string, ManagedObject | KmsError>;

/** How many keys may wrap each other in a chain; a longer one is a fault. */
export const MAX_WRAPPING_DEPTH = 32;

/** How many generations are followed: a key that is rotated daily makes as many in three years. */
export const MAX_GENERATIONS = 1000;

/** Returns the uid that an object's ReplacementObjectLink names, if it is another's. */
export function replacementUidOf({ uniqueIdentifier, attributes }: ManagedObject): string | null {
  const uid = linkTo(attributes, 'ReplacementObjectLink');
  return uid === uniqueIdentifier ? null : uid;
}

/** Says whether a key, or one of those above it, is in a hardware security module: then nothing here opens it. */
export function isInModule(uid: string | null, relatedObjects: RelatedObjects): boolean {
  const seen = new Set<string>();
  for (let above = uid; above !== null && !seen.has(above);) {
    if (isHsmUid(above)) return true;
    seen.add(above);
    const object = relatedObjects.get(above);
    above = object === undefined || object instanceof KmsError ? null : object.wrappingKeyUid;
  }
  return false;
}

/**
 * Returns the uid of the private key that unwraps when this object is named as wrapping key; null for a symmetric key.
 */
export function unwrappingKeyUidOf(object: ManagedObject): string | null {
  const { objectType, uniqueIdentifier } = object;
  if (objectType === 'PrivateKey') return uniqueIdentifier;
  return objectType === 'PublicKey' || objectType === 'Certificate' ? privateUidOf(object) : null;
}

/** Returns the uid of the private key of a public key or of a certificate. */
export function privateUidOf(object: ManagedObject): string | null {
  const linked = linkTo(object.attributes, 'PrivateKeyLink');
  return (
    linked ??
    (object.objectType === 'PublicKey' ? privateUidFromName(object.uniqueIdentifier) : null)
  );
}

/** Returns the uid of the private key that the name of a public key implies: `NAME` for `NAME_pk`. */
export function privateUidFromName(publicUid: string): string | null {
  return publicUid.endsWith('_pk') ? publicUid.slice(0, -3) : null;
}

/** Returns the uid of the public key of a private key. */
export function publicUidOf({ attributes, uniqueIdentifier }: ManagedObject): string {
  return linkTo(attributes, 'PublicKeyLink') ?? `${uniqueIdentifier}_pk`;
}

/**
 * Returns the uids by which dependants may name a wrapping key: for a private key also its public key, its
 * certificate, and those of the given certificates that link to the pair.
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

/** Links to what unwrapping and re-wrapping may need. */
const FOLLOWED: readonly LinkType[] = ['ReplacementObjectLink', 'PrivateKeyLink', 'PublicKeyLink'];

/** Returns the uids of related objects that an object itself names. */
export function relatedUids(object: ManagedObject): readonly string[] {
  const counterpart =
    object.objectType === 'PrivateKey' ? publicUidOf(object) : privateUidOf(object);
  const named = [
    object.wrappingKeyUid,
    counterpart,
    // A pair whose certificate is in use is not rotated; a certificate needs its issuer.
    isCertified(object) ? linkTo(object.attributes, 'CertificateLink') : null,
    ...FOLLOWED.map((type) => linkTo(object.attributes, type)),
  ];
  return named.filter((uid) => uid !== null);
}

function isCertified({ objectType }: ManagedObject): boolean {
  return objectType === 'PublicKey' || objectType === 'Certificate';
}

/** Returns the uids of the keys that a certificate links to. */
export function keyUidsOfCertificate({ attributes }: ManagedObject): readonly string[] {
  const uids = [linkTo(attributes, 'PublicKeyLink'), linkTo(attributes, 'PrivateKeyLink')];
  return uids.filter((uid) => uid !== null);
}

/** Returns an object that was read. @throws KmsError why its row cannot be read. */
export function readableOrThrow(object: ManagedObject | KmsError): ManagedObject {
  if (object instanceof KmsError) throw object;
  return object;
}
