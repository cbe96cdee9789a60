// From a private key to the rotation of its pair: both halves read, seen to be one pair, and another of their
// kind made, with what it wraps and is wrapped by. The rows are rekey-key-pair.ts's, what stands against a pair pair.ts's.
import type { FormattedKeyMaterial } from '../../crypto/keys/formatted-key-material.js';
import type { PairKind } from '../../crypto/keys/pair-kind.js';
import { wipePrivateKey } from '../../crypto/keys/generate-key-pair.js';
import { KmsError } from '../../errors.js';
import { wrappingKeyInBytes, type ManagedObject } from '../../kmip/managed-object.js';
import { linkTo } from '../../kmip/attributes.js';
import {
  privateUidFromName,
  uidsOfWrappingKey,
  publicUidOf,
  replacementUidOf,
} from '../../rotation/related-objects.js';
import { latestReplacementOf } from '../../rotation/replacements.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import type { RotationContext, Rewrapping, Rotation } from '../change.js';
import { renewPairCertificates } from '../certificates/renew-pair-certificates.js';
import { pairKindOf, requireSoundPair, type FoundPair, type Pair } from './sound-pair.js';
import { replaceKeyPair, type KeyPairRotation, type PairWrapping } from './replace-key-pair.js';
import { rewrappingOf } from '../wrapping/rewrap-dependants.js';
import { wrappingKeyInRow, plainMaterialOf } from '../wrapping/unwrapping.js';
import { wipeWrapping, wrappingOf } from '../wrapping/key-wrapping.js';

/**
 * Returns the rotation of a private key and its public key.
 *
 * @throws KmsError UnsoundPair, CertificateInUse, MalformedObject, Unsupported, or what unwrapping and
 *   wrapping met.
 */
export async function rekeyKeyPair(
  candidate: RotationCandidate,
  privateKey: ManagedObject,
  context: RotationContext,
): Promise<Rotation> {
  const found = foundPair(candidate, privateKey, context);
  const certificates = context.withCertificates ? certificatesOf(found, candidate) : [];
  const pair = requireSoundPair(context.withCertificates ? { ...found, certificates: [] } : found);
  const kind = await kindOf(pair, candidate);
  const wrapping = wrappingOfPair(pair, candidate);
  try {
    const generated = await context.newPair(kind);
    try {
      const { relatedObjects } = candidate;
      const rotation = await renewPairCertificates(
        replaceKeyPair(pair, context, generated, wrapping),
        { ...pair, certificates },
        { generated, relatedObjects, context },
      );
      return { ...rotation, rewrapping: rewrappingOfPair(pair, candidate, context, rotation) };
    } finally {
      wipePrivateKey(generated.privateKey);
    }
  } finally {
    wipeWrapping(wrapping.privateKey);
    wipeWrapping(wrapping.publicKey);
  }
}

function foundPair(
  { relatedObjects }: RotationCandidate,
  privateKey: ManagedObject,
  { certificates, publicKeyLinks }: RotationContext,
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
    ],
  };
}

/** The private key after which a public key is called may not be the one that it links back to. */
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
function certificatesOf(
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

/** The latest ones, as a renewal may not have found the key that links there. One that cannot be read may be in use. */
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

async function kindOf(pair: Pair, { relatedObjects }: RotationCandidate): Promise<PairKind> {
  const [plainPrivateKey, plainPublicKey] = [pair.privateKey, pair.publicKey].map(
    (object): FormattedKeyMaterial => {
      const keyFormatType = object.keyBlock?.keyFormatType ?? '';
      return { keyFormatType, material: plainMaterialOf(object, relatedObjects) };
    },
  );
  if (plainPrivateKey === undefined || plainPublicKey === undefined)
    throw new TypeError('half a pair');
  try {
    return await pairKindOf(pair, { plainPrivateKey, plainPublicKey });
  } finally {
    wipePrivateKey(plainPrivateKey);
  }
}

/**
 * Returns how each half of the replacement is to be wrapped.
 *
 * @throws KmsError WrappingCycle for a pair that wraps itself, or what wrapping by its wrapping key met.
 */
function wrappingOfPair(
  { privateKey, publicKey }: Pair,
  { relatedObjects }: RotationCandidate,
): PairWrapping {
  const pairKeys = [privateKey, publicKey];
  const uids = pairKeys.map(({ uniqueIdentifier }) => uniqueIdentifier);
  const own = pairKeys.find((key) => uids.includes(wrappingKeyInBytes(key) ?? ''));
  if (own !== undefined) {
    const uid = own.uniqueIdentifier;
    throw new KmsError('WrappingCycle', `${JSON.stringify(uid)} is wrapped by its own pair`, {
      uid,
      hint: 'export and import it anew, in clear or under another key, with the server that wrote it',
    });
  }
  const wrapping = wrappingOf(privateKey, relatedObjects);
  try {
    return { privateKey: wrapping, publicKey: wrappingOf(publicKey, relatedObjects) };
  } catch (error) {
    wipeWrapping(wrapping);
    throw error;
  }
}

/**
 * What a pair wraps names either half, and moves to the same half of the replacement, or names a certificate of
 * it: that comes under the one that is issued anew, or, where there is none, under the public key itself.
 */
function rewrappingOfPair(
  { privateKey, publicKey }: Pair,
  candidate: RotationCandidate,
  context: RotationContext,
  rotation: KeyPairRotation,
): Rewrapping | null {
  const created = rotation.changes.filter((change) => change.kind === 'create');
  const replacementUids = new Map(created.map(({ replacedUid, row }) => [replacedUid, row.id]));
  const names = [
    ...uidsOfWrappingKey(privateKey, context.wrappingCertificates),
    linkTo(publicKey.attributes, 'CertificateLink'),
  ].filter((name) => name !== null);
  return rewrappingOf(candidate, context, {
    uids: new Map(
      names.map((name) => [name, replacementUids.get(name) ?? rotation.publicKeyReplacementUid]),
    ),
    retiredUids: [...replacementUids.keys()],
    replaced: privateKey,
    replacementKey: () => {
      const key = created.find(({ row }) => row.id === rotation.replacementUid);
      if (key === undefined) throw new TypeError('a pair without its private half');
      return wrappingKeyInRow(key.row, candidate.relatedObjects);
    },
  });
}
