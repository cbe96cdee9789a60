// The rows that the rotation of a private key must look at: its public key, other private keys that share it, and the
// certificates of the pair. sound-pair.ts says whether they can be rotated.
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import {
  publicUidOf,
  privateUidFromName,
  replacementUidOf,
} from '../../rotation/related-objects.js';
import { KmsError } from '../../errors.js';
import { latestReplacementOf } from '../../rotation/replacements.js';
import type { RotationContext } from '../rotation-context.js';

/** The rows that a private key’s rotation must look at, as they were found. */
export interface FoundPair {
  readonly privateKey: ManagedObject;
  /** What its PublicKeyLink names; without one, the object of its own uid and `_pk`. */
  readonly publicKey: ManagedObject | undefined;
  /** Other private keys in use that link to the same public key. */
  readonly sharedWith: readonly string[];
  /** Certificates that a key of the pair links to, or that link to one. */
  readonly certificates: readonly Pick<ManagedObject, 'uniqueIdentifier' | 'state'>[];
}

export function findPair(
  { relatedObjects }: RotationCandidate,
  privateKey: ManagedObject,
  { certificates, publicKeyLinks, retiringUids }: RotationContext,
): FoundPair {
  const publicUid = publicUidOf(privateKey);
  const publicKey = relatedObjects.get(publicUid);
  if (publicKey instanceof KmsError) throw publicKey;
  const pairKeys = [privateKey.uniqueIdentifier, publicUid];
  return {
    privateKey,
    publicKey,
    sharedWith: [
      ...publicKeyLinks.filter((link) => link.publicUid === publicUid).map(({ uid }) => uid),
      ...namesakeSharing(publicUid, relatedObjects),
    ].filter((uid) => uid !== privateKey.uniqueIdentifier),
    certificates: [
      ...linkedCertificates([privateKey, publicKey], relatedObjects),
      ...certificates
        .filter(({ linkedUids }) => linkedUids.some((uid) => pairKeys.includes(uid)))
        .map(({ uid }) => ({ uniqueIdentifier: uid, state: 'Active' as const })),
      // One that retires is replaced, whatever its row says: only its head is in use.
    ].filter(({ uniqueIdentifier }) => !retiringUids.has(uniqueIdentifier)),
  };
}

/** Returns the private key that the uid of a public key implies, if it is in use and links to that public key too. */
function namesakeSharing(
  publicUid: string,
  relatedObjects: RotationCandidate['relatedObjects'],
): readonly string[] {
  const namesake = relatedObjects.get(privateUidFromName(publicUid) ?? '');
  if (namesake === undefined || namesake instanceof KmsError) return [];
  const { objectType, state, uniqueIdentifier } = namesake;
  const inUse = state === 'Active' || state === 'PreActive';
  if (objectType !== 'PrivateKey' || !inUse || replacementUidOf(namesake) !== null) return [];
  return publicUidOf(namesake) === publicUid ? [uniqueIdentifier] : [];
}

/** Returns the Active certificates of a pair, each once. @throws KmsError why one cannot be read. */
export function activeCertificatesOf(
  { certificates }: FoundPair,
  { relatedObjects }: RotationCandidate,
): readonly ManagedObject[] {
  const active = certificates.filter(({ state }) => state === 'Active');
  return [...new Set(active.map(({ uniqueIdentifier }) => uniqueIdentifier))].map((uid) => {
    const object = relatedObjects.get(uid);
    if (object instanceof KmsError) throw object;
    if (object?.state === 'Active') return object;
    const what = object === undefined ? 'gone' : object.state;
    throw new KmsError(
      'ConcurrentChange',
      `the certificate ${JSON.stringify(uid)} is ${what} now`,
      {
        uid,
      },
    );
  });
}

/**
 * Returns the latest ones: a renewal may not have found the key that links there. One that cannot be read may be in
 * use.
 */
function linkedCertificates(
  pairKeys: readonly (ManagedObject | undefined)[],
  relatedObjects: RotationCandidate['relatedObjects'],
): readonly ManagedObject[] {
  const linked = pairKeys.flatMap((key) => key?.attributes.links ?? []);
  return linked.flatMap(({ linkType, linkedObjectIdentifier }) => {
    if (linkType !== 'CertificateLink') return [];
    const certificate = relatedObjects.get(linkedObjectIdentifier);
    if (certificate instanceof KmsError) throw certificate;
    return certificate === undefined ? [] : latestReplacementOf(certificate, relatedObjects);
  });
}
