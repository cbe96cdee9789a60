// From a candidate to its rotation: the one switch on Object Type. unsupported-reason.ts says what cannot be rotated;
// rotation/ checks what depends on `now` or on the schedule.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { publicUidOf } from '../rotation/related-objects.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { Rotation } from './change.js';
import { unsupportedReason } from './unsupported-reason.js';
import { recertify } from './certificates/recertify.js';
import { rekey } from './rekey.js';
import { rekeyKeyPair } from './pairs/rekey-key-pair.js';
import { endOptionsOf } from '../rotation/eligibility.js';
import type { RotationContext } from './rotation-context.js';
import { serverKekUids } from './server-kek.js';

/**
 * Returns the changes that rotate an object, with the new key material; nothing is written.
 *
 * @throws KmsError Unsupported, KeyEncryptionKey, why the row cannot be decoded, or why something
 *   cannot be unwrapped or wrapped.
 */
export async function prepareRotation(
  candidate: RotationCandidate,
  context: RotationContext,
): Promise<Rotation> {
  const { object } = candidate;
  if (object instanceof KmsError) throw object;
  const unsupported = unsupportedReason(candidate);
  if (unsupported !== null) throw unsupported;
  const isKek = isServerKek(candidate, object, context);
  if (isKek && !context.serverKek.mayBeRotated) throw keyEncryptionKeyError(object);
  const rotation = await rotationOf(candidate, object, {
    ...context,
    ends: endOptionsOf(context, candidate.options),
  });
  return isKek
    ? { ...rotation, notices: [...rotation.notices, keyEncryptionKeyNotice(rotation)] }
    : rotation;
}

async function rotationOf(
  candidate: RotationCandidate,
  object: ManagedObject,
  context: RotationContext,
): Promise<Rotation> {
  if (object.objectType === 'PrivateKey') return rekeyKeyPair(candidate, object, context);
  if (object.objectType !== 'Certificate') return rekey(candidate, object, context);
  return recertify(candidate, object, context);
}

/** Says whether a key is the server's own, by the configuration, or because it wraps as only such a key does. */
function isServerKek(
  candidate: RotationCandidate,
  object: ManagedObject,
  { serverKek }: RotationContext,
): boolean {
  if (candidate.likeServerKek) return true;
  const uids = serverKekUids(serverKek, candidate.relatedObjects);
  const counterpart = object.objectType === 'PrivateKey' ? [publicUidOf(object)] : [];
  return [object.uniqueIdentifier, ...counterpart].some((uid) => uids.has(uid));
}

function keyEncryptionKeyError({ uniqueIdentifier: uid }: ManagedObject): KmsError {
  return new KmsError(
    'KeyEncryptionKey',
    `${JSON.stringify(uid)} is the key encryption key of a server, or wraps like one: the server would not know its replacement`,
    {
      uid,
      hint: 'stop the server; set rotation.key_encryption_key to this uid and rotation.rotate_key_encryption_key to true; run again; set key_encryption_key of the server to the replacement; start it. If it is an ordinary wrapping key, set rotation.key_encryption_key = "none"',
    },
  );
}

function keyEncryptionKeyNotice({ uid, replacementUid }: Rotation): string {
  return `the key encryption key ${JSON.stringify(uid)} was replaced: set key_encryption_key of the server, and rotation.key_encryption_key of kms, to ${JSON.stringify(replacementUid)} before the server starts`;
}
