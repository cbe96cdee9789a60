// Re-Key Key Pair (KMIP 2.1 §6.1.47), from a private key: finds the pair, makes another of its kind, and moves what it
// wraps. replace-key-pair.ts makes the rows.
import type { FormattedKeyMaterial } from '../../crypto/keys/formatted-key-material.js';
import type { PairKind } from '../../crypto/keys/pair-kind.js';
import { wipePrivateKey } from '../../crypto/keys/generate-key-pair.js';
import { KmsError } from '../../errors.js';
import { wrappingKeyInBytes, type ManagedObject } from '../../kmip/managed-object.js';
import { linkTo } from '../../kmip/attributes.js';
import { uidsOfWrappingKey } from '../../rotation/related-objects.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import type { Rewrapping, Rotation } from '../change.js';
import { renewPairCertificates } from '../certificates/renew-pair-certificates.js';
import { pairKindOf, requireSoundPair, type Pair } from './sound-pair.js';
import { replaceKeyPair, type KeyPairRotation, type PairWrapping } from './replace-key-pair.js';
import { overlapFor } from '../overlap-for.js';
import { rewrappingOf } from '../wrapping/rewrap-dependants.js';
import { wrappingKeyInRow, plainMaterialOf } from '../wrapping/unwrapping.js';
import { wipeWrapping, wrappingOf } from '../wrapping/key-wrapping.js';
import { findPair, activeCertificatesOf } from './find-pair.js';
import type { RotationContext } from '../rotation-context.js';

/**
 * Returns the rotation of a private key and its public key.
 *
 * @throws KmsError UnsoundPair, CertificateInUse, MalformedObject, Unsupported, or why a key cannot be unwrapped or
 *   wrapped.
 */
export async function rekeyKeyPair(
  candidate: RotationCandidate,
  privateKey: ManagedObject,
  context: RotationContext,
): Promise<Rotation> {
  const found = findPair(candidate, privateKey, context);
  const certificates = context.withCertificates ? activeCertificatesOf(found, candidate) : [];
  const pair = requireSoundPair(context.withCertificates ? { ...found, certificates: [] } : found);
  const kind = await kindOf(pair, candidate);
  const wrapping = wrappingOfPair(pair, candidate);
  try {
    const generated = await context.newPair(kind);
    try {
      const { relatedObjects } = candidate;
      const keys = [pair.privateKey, pair.publicKey] as const;
      const overlap = overlapFor(candidate, context, {
        replaced: [...keys, ...certificates],
        keys,
      });
      const rotation = await renewPairCertificates(
        replaceKeyPair(pair, context, { generated, wrapping, overlap }),
        { ...pair, certificates },
        { generated, relatedObjects, context, overlap },
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

async function kindOf(pair: Pair, { relatedObjects }: RotationCandidate): Promise<PairKind> {
  const [plainPrivateKey, plainPublicKey] = [pair.privateKey, pair.publicKey].map(
    (object): FormattedKeyMaterial => {
      const keyFormatType = object.keyBlock?.keyFormatType ?? '';
      return { keyFormatType, material: plainMaterialOf(object, relatedObjects) };
    },
  );
  if (plainPrivateKey === undefined || plainPublicKey === undefined)
    throw new TypeError('a pair with one key');
  try {
    return await pairKindOf(pair, { plainPrivateKey, plainPublicKey });
  } finally {
    wipePrivateKey(plainPrivateKey);
  }
}

/**
 * Returns how each key of the replacement is to be wrapped.
 *
 * @throws KmsError WrappingCycle for a pair that wraps itself, or why its wrapping key cannot wrap.
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
      hint: 'export it and import it again, in clear or under another key, with the server that wrote it',
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
 * Returns how the dependants of a pair move. Those that name one of its keys move to the same key of the replacement;
 * those that name a certificate of it move to the renewed certificate, or, without one, to the public key.
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
      if (key === undefined) throw new TypeError('a pair without its private key');
      return wrappingKeyInRow(key.row, candidate.relatedObjects);
    },
  });
}
