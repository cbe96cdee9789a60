// From a private key to the rotation of its pair: both halves read, seen to be one pair, and another of their
// kind made. The rows are rekey-key-pair.ts's, what stands against a pair pair.ts's.
import type { Half } from '../crypto/pair-kind.js';
import { wipeHalf } from '../crypto/key-pair.js';
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { publicUidOf } from '../rotation/neighbours.js';
import type { Subject } from '../rotation/subject.js';
import type { Occasion, Rotation } from './change.js';
import { kindOfSoundPair, soundPair, type FoundPair, type Pair } from './pair.js';
import { rekeyKeyPair } from './rekey-key-pair.js';
import { plainMaterialOf } from './unwrapping.js';

/**
 * Returns the rotation of a private key and its public key.
 *
 * @throws KmsError UnsoundPair, CertificateInUse, MalformedObject, Unsupported, or what unwrapping met.
 */
export async function rotatePair(
  subject: Subject,
  privateKey: ManagedObject,
  occasion: Occasion,
): Promise<Rotation> {
  const pair = soundPair(foundPair(subject, privateKey, occasion));
  assertWrapsNothing(subject, pair, occasion);
  const generated = await occasion.newPair(kindOf(pair, subject));
  try {
    return rekeyKeyPair(pair, occasion, generated);
  } finally {
    wipeHalf(generated.privateKey);
  }
}

function foundPair(
  { neighbours }: Subject,
  privateKey: ManagedObject,
  { certificates }: Occasion,
): FoundPair {
  const publicUid = publicUidOf(privateKey);
  const publicKey = neighbours.get(publicUid);
  if (publicKey instanceof KmsError) throw publicKey;
  const halves = [privateKey.uniqueIdentifier, publicUid];
  return {
    privateKey,
    publicKey,
    certificates: [
      ...linkedCertificates([privateKey, publicKey], neighbours),
      ...certificates
        .filter(({ linkedUids }) => linkedUids.some((uid) => halves.includes(uid)))
        .map(({ uid }) => ({ uniqueIdentifier: uid, state: 'Active' as const })),
    ],
  };
}

/** One that cannot be read may be in use. */
function linkedCertificates(
  halves: readonly (ManagedObject | undefined)[],
  neighbours: Subject['neighbours'],
): readonly ManagedObject[] {
  const linked = halves.flatMap((half) => half?.attributes.links ?? []);
  return linked.flatMap(({ linkType, linkedObjectIdentifier }) => {
    if (linkType !== 'CertificateLink') return [];
    const certificate = neighbours.get(linkedObjectIdentifier);
    if (certificate instanceof KmsError) throw certificate;
    return certificate ?? [];
  });
}

function kindOf(pair: Pair, { neighbours }: Subject) {
  const [privateHalf, publicHalf] = [pair.privateKey, pair.publicKey].map((object): Half => {
    const keyFormatType = object.keyBlock?.keyFormatType ?? '';
    return { keyFormatType, material: plainMaterialOf(object, neighbours) };
  });
  if (privateHalf === undefined || publicHalf === undefined) throw new TypeError('half a pair');
  try {
    return kindOfSoundPair(pair, { privateHalf, publicHalf });
  } finally {
    wipeHalf(privateHalf);
  }
}

function assertWrapsNothing(subject: Subject, pair: Pair, { mislabelled }: Occasion): void {
  const uid = pair.privateKey.uniqueIdentifier;
  const uids = [uid, pair.publicKey.uniqueIdentifier];
  const under = mislabelled.some(({ wrappingKeyUid }) => uids.includes(wrappingKeyUid));
  if (subject.dependants === 0 && !under) return;
  throw new KmsError('Unsupported', `${JSON.stringify(uid)} is of a pair that wraps others`, {
    uid,
    hint: 'rotate it with the server that made it, or disarm it',
  });
}
