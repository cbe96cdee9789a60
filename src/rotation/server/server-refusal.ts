// Which keys under a hardware security module the server may be asked to rotate, and why not the others: what it would fork,
// leave unreadable, or replace by a key of another kind (storage format §5.7, §6.10). Pure.
import { KmsError } from '../../errors.js';
import { algorithmOf, type ManagedObject } from '../../kmip/managed-object.js';
import { isHsmUid } from '../../kmip/unique-identifier.js';
import { uidArgument } from '../../text/shell-word.js';
import { counted, quoted } from '../../text/phrases.js';
import type { RotationCandidate } from '../candidate.js';
import { latestMember, type KeysetMember } from '../keyset.js';
import { isInModule, type RelatedObjects } from '../related-objects.js';
import { assertActive, requireWrappingKey } from '../wrapping-rules.js';

/** Says whether only a module opens an object, so that only the server can rotate it. */
export function isKeptByModule({ row, object, relatedObjects }: RotationCandidate): boolean {
  const wrappingKeyUid = object instanceof KmsError ? row.wrappingKeyId : object.wrappingKeyUid;
  return isHsmUid(row.id) || isInModule(wrappingKeyUid, relatedObjects);
}

/** Returns why the server is not asked to rotate an Active object that a module keeps; null if it may be. */
export function serverRefusal(candidate: RotationCandidate): KmsError | null {
  const { object, row, dependants, relatedObjects } = candidate;
  if (object instanceof KmsError) return object;
  const uid = row.id;
  if (isHsmUid(uid)) return keyInModule(uid);
  if (object.objectType === 'Certificate') return certificateUnderModule(uid);
  if (object.objectType !== 'SymmetricKey' && object.objectType !== 'PrivateKey') {
    return unsupported(uid, `no rotation is defined for objects of type ${object.objectType}`);
  }
  if (object.state !== 'Active') return forked(uid, object.state);
  if (uid.startsWith('[')) return unsupported(uid, 'the server takes its uid for a list of tags');
  const keyset = keysetMeantBy(object);
  if (keyset !== null) {
    return unsupported(
      uid,
      `the server takes its uid for a member of the keyset ${quoted(keyset)}`,
    );
  }
  if (dependants > 0) return dependantsBehindHsm(uid, dependants);
  const kind = whyAnotherKind(object);
  if (kind !== null) return unsupported(uid, kind);
  return wrappingKeyFault(object, relatedObjects);
}

/** Returns the failure of a key that wraps others: the server would leave each of them under a Deactivated key. */
export function dependantsBehindHsm(uid: string, dependants: number): KmsError {
  return new KmsError(
    'DependantsBehindHsm',
    `${quoted(uid)} wraps ${counted(dependants, 'object')}, and the server would leave each of them unreadable`,
    {
      uid,
      hint: `re-create what it wraps under a new key (kms key tree ${uidArgument(uid)} lists it), or move it out from under the HSM with the server, and the next run rotates it`,
    },
  );
}

/** Returns why a key is not asked for whose uid a server takes for a keyset’s latest member; null if that is the key. */
export function meansAnother(uid: string, members: readonly KeysetMember[]): KmsError | null {
  const latest = UUID.test(uid) ? undefined : latestMember(members);
  if (latest === undefined || latest.uid === uid) return null;
  return unsupported(
    uid,
    `the server takes its uid for the latest of that keyset, ${quoted(latest.uid)}`,
  );
}

/** Names of members, but for those that are shaped like a UUID, which the server takes as they are (storage format §6.2). */
const MEMBER = /^(?<keyset>[^@]*)@(?:latest|first|(?<generation>\d+))$/;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** Returns the keyset of which the server would rotate a member, and not this object; null if it means this one. */
function keysetMeantBy({ uniqueIdentifier, attributes }: ManagedObject): string | null {
  const { keyset, generation } = MEMBER.exec(uniqueIdentifier)?.groups ?? {};
  if (keyset === undefined || UUID.test(keyset)) return null;
  const isThisOne =
    attributes.rotateName === keyset && generation === String(attributes.rotateGeneration ?? 0);
  return isThisOne ? null : keyset;
}

function keyInModule(uid: string): KmsError {
  return new KmsError(
    'HsmResident',
    `${quoted(uid)} is a key in the hardware security module itself`,
    {
      uid,
      hint: 'an administrator of the HSM re-keys it with the Re-Key of the server, or with the module’s own tools',
    },
  );
}

function certificateUnderModule(uid: string): KmsError {
  return new KmsError(
    'HsmResident',
    `the certificate ${quoted(uid)} is under a key of a hardware security module`,
    { uid, hint: 'an administrator renews it with the Re-Certify of the server' },
  );
}

function forked(uid: string, state: string): KmsError {
  return new KmsError(
    'WrongState',
    `${quoted(uid)} is ${state}, and the server would make a second replacement of it`,
    { uid, hint: 'the server is asked for Active keys alone: rotate the latest generation' },
  );
}

function unsupported(uid: string, why: string): KmsError {
  return new KmsError('Unsupported', `${quoted(uid)} cannot be rotated: ${why}`, {
    uid,
    hint: 'make a new key of its kind with the server, and disarm this one: kms policy set --no-automatic',
  });
}

/** The length that the server makes of a symmetric key without one, in bits. */
const LENGTH_BY_DEFAULT = 256;

/** The server knows length and curve by the attributes alone, and takes a default where they are missing. */
function whyAnotherKind(object: ManagedObject): string | null {
  const { attributes, keyBlock, objectType } = object;
  if (objectType === 'SymmetricKey') {
    if (attributes.cryptographicLength !== null) return null;
    if (keyBlock?.cryptographicLength === LENGTH_BY_DEFAULT) return null;
    return `its attributes do not say how long it is, and the server would make one of ${LENGTH_BY_DEFAULT} bits`;
  }
  const isOfCurve = CURVE_ALGORITHMS.includes(algorithmOf(object) ?? '');
  return isOfCurve && curveIn(object) === null
    ? 'its attributes do not name its curve, and the server would take another one'
    : null;
}

const CURVE_ALGORITHMS = ['EC', 'ECDH', 'ECDSA'];

/** Returns the curve that the attributes of a key name; null if they name none. */
export function curveIn({ attributes }: Pick<ManagedObject, 'attributes'>): string | null {
  const parameters = attributes.members['CryptographicDomainParameters'];
  const curve =
    typeof parameters === 'object' && parameters !== null && 'RecommendedCurve' in parameters
      ? parameters['RecommendedCurve']
      : null;
  return typeof curve === 'string' ? curve : null;
}

function wrappingKeyFault(
  { wrappingKeyUid }: ManagedObject,
  relatedObjects: RelatedObjects,
): KmsError | null {
  if (wrappingKeyUid === null || isHsmUid(wrappingKeyUid)) return null;
  try {
    assertActive(requireWrappingKey(wrappingKeyUid, relatedObjects));
    return null;
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}
