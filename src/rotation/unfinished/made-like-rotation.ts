// Whether a leftover is what a rotation of the replaced object would have made. If not, doctor puts nothing under it.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { linkTo } from '../../kmip/attributes.js';
import { symmetricMaterialLength } from '../../kmip/key-block.js';
import { algorithmOf, type ManagedObject } from '../../kmip/managed-object.js';
import { SYMMETRIC_KEY_USAGE_MASK } from '../../kmip/vocabulary.js';
import { hasEnded } from '../lifecycle.js';
import { objectsOf, type Generation } from './unfinished-rotation.js';

/** Returns how a generation differs from what a rotation would have made of `replaced`; null if it does not. */
export function differenceFromRotation(
  replaced: Generation,
  made: Generation,
  now: EpochSeconds,
): string | null {
  const before = objectsOf(replaced);
  const after = objectsOf(made);
  if (before.length !== after.length) return 'its counterpart is missing';
  for (const [index, object] of after.entries()) {
    const other = before[index];
    const difference = other === undefined ? null : differenceOf(other, object, now);
    if (difference !== null) return difference;
  }
  return null;
}

/**
 * Returns how a generation differs from any that a rotation of `replaced` could have made, whatever became of it since;
 * null if it does not. Somebody may have written the link by hand, into a key of another kind.
 */
export function kindDifference(replaced: Generation, made: Generation): string | null {
  const { rotateGeneration } = replaced.key.attributes;
  if (made.key.attributes.rotateGeneration !== (rotateGeneration ?? 0) + 1)
    return 'its generation is not the next one';
  const after = objectsOf(made);
  const differences = objectsOf(replaced).map((before, index) => {
    const other = after[index];
    return other === undefined ? 'counterpart' : differingMember(KIND, before, other);
  });
  const difference = differences.find((one) => one !== null) ?? null;
  return difference === null ? null : `its ${difference} differs`;
}

/**
 * Returns why a generation cannot have been made of `replaced`; null if it can. A uid may have gone to another object
 * since: one that was created or imported again is younger than what replaced the first.
 */
export function orderViolation(replaced: Generation, made: Generation): string | null {
  const [before, after] = [replaced, made].map(({ key }) => key.attributes.initialDate);
  const [uid, other] = [replaced, made].map(({ key }) => JSON.stringify(key.uniqueIdentifier));
  if (before == null) return `${uid} does not say when it was made`;
  return after != null && after < before ? `${other} is older than ${uid}` : null;
}

function differenceOf(
  before: ManagedObject,
  after: ManagedObject,
  now: EpochSeconds,
): string | null {
  if (after.state !== 'Active') return `it is ${after.state}`;
  if (hasEnded(after, now)) return 'its Deactivation Date has passed';
  const { activationDate } = after.attributes;
  if (activationDate !== null && activationDate > now) return 'its Activation Date lies ahead';
  const difference = differingMember([...KIND, ...COMPARED], before, after);
  return difference === null ? null : `its ${difference} differs`;
}

type Compared = readonly (readonly [string, (object: ManagedObject) => unknown])[];

function differingMember(
  compared: Compared,
  before: ManagedObject,
  after: ManagedObject,
): string | null {
  const differing = compared.find(
    ([, valueOf]) => JSON.stringify(valueOf(before)) !== JSON.stringify(valueOf(after)),
  );
  return differing?.[0] ?? null;
}

const KIND: Compared = [
  ['owner', ({ owner }) => owner],
  ['Object Type', ({ objectType }) => objectType],
  ['Cryptographic Algorithm', algorithmOf],
  ['Cryptographic Length', lengthOf],
  ['curve', curveOf],
];

const COMPARED: Compared = [
  ['Cryptographic Usage Mask', maskOf],
  ['wrapping', ({ wrappingKeyUid }) => wrappingKeyUid],
  ['Rotate Name', ({ attributes }) => attributes.rotateName],
  // A server does not carry the link over, and a certificate that is in use stays with its own key.
  ['certificate', certificateOf],
];

/** That of a certificate is its issuer’s, which the signature shows. */
function certificateOf({ objectType, attributes }: ManagedObject): string | null {
  return objectType === 'Certificate' ? null : linkTo(attributes, 'CertificateLink');
}

/** Of a curve's key it follows from the number drawn (storage format §2.4), and the curve says all. */
function lengthOf(object: ManagedObject): number | null {
  if (curveOf(object) !== null) return null;
  const { keyBlock, objectType } = object;
  // An imported key says nothing of its length (storage format §8.22).
  if (objectType === 'SymmetricKey' && keyBlock !== null && keyBlock.keyMaterial !== null)
    return 8 * symmetricMaterialLength(keyBlock);
  return keyBlock?.cryptographicLength ?? object.attributes.cryptographicLength;
}

function curveOf({ attributes }: ManagedObject): unknown {
  const parameters = attributes.members['CryptographicDomainParameters'];
  const isMap = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters);
  return isMap ? ((parameters as Record<string, unknown>)['RecommendedCurve'] ?? null) : null;
}

/** A server’s Re-Key gives a symmetric key without a mask the usual one (storage format §6.5). */
function maskOf({ attributes, keyBlock, objectType }: ManagedObject): number | null {
  const own = attributes.cryptographicUsageMask ?? keyBlock?.attributes?.cryptographicUsageMask;
  return own ?? (objectType === 'SymmetricKey' ? SYMMETRIC_KEY_USAGE_MASK : null);
}
