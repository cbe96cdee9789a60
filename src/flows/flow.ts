// From a subject to its rotation: who must be asked first, and the operation that fits its Object Type. What
// we cannot rotate, obstacle.ts says; guards that need `now` or the schedule are rotation/'s.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { publicUidOf } from '../rotation/neighbours.js';
import type { Subject } from '../rotation/subject.js';
import type { Occasion, Rotation } from './change.js';
import { serverKekUids } from './flow-name.js';
import { unsupportedReason } from './obstacle.js';
import { recertify } from './certificates/recertify.js';
import { rekey } from './rekey.js';
import { rotatePair } from './pairs/rotate-pair.js';

/**
 * Returns the changes that rotate a subject, material included; nothing is written.
 *
 * @throws KmsError Unsupported, KeyEncryptionKey, what the subject's row could not be decoded for, or
 *   what unwrapping and wrapping met.
 */
export async function prepareRotation(subject: Subject, occasion: Occasion): Promise<Rotation> {
  const { object } = subject;
  if (object instanceof KmsError) throw object;
  const unsupported = unsupportedReason(subject);
  if (unsupported !== null) throw unsupported;
  const isKek = isServerKek(subject, object, occasion);
  if (isKek && !occasion.serverKek.mayBeRotated) throw serverMustBeTold(object);
  const rotation = await rotationOf(subject, object, occasion);
  return isKek ? { ...rotation, notices: [...rotation.notices, tellServer(rotation)] } : rotation;
}

async function rotationOf(
  subject: Subject,
  object: ManagedObject,
  occasion: Occasion,
): Promise<Rotation> {
  if (object.objectType === 'PrivateKey') return rotatePair(subject, object, occasion);
  if (object.objectType !== 'Certificate') return rekey(subject, object, occasion);
  return recertify(subject, object, occasion);
}

/** Without the configuration naming it, a key that wraps as only a server's own does is taken for one. */
function isServerKek(subject: Subject, object: ManagedObject, { serverKek }: Occasion): boolean {
  if (subject.likeServerKek) return true;
  const uids = serverKekUids(serverKek, subject.neighbours);
  const half = object.objectType === 'PrivateKey' ? [publicUidOf(object)] : [];
  return [object.uniqueIdentifier, ...half].some((uid) => uids.has(uid));
}

function serverMustBeTold({ uniqueIdentifier: uid }: ManagedObject): KmsError {
  return new KmsError(
    'KeyEncryptionKey',
    `${JSON.stringify(uid)} is, or wraps like, the key encryption key of a server, which would not know its successor`,
    {
      uid,
      hint: 'stop the server; set rotation.key_encryption_key to this uid and rotation.rotate_key_encryption_key to true; run again; set key_encryption_key of the server to the replacement; start it. If it is an ordinary wrapping key, set rotation.key_encryption_key = "none"',
    },
  );
}

function tellServer({ uid, replacementUid }: Rotation): string {
  return `the key encryption key ${JSON.stringify(uid)} was replaced: set key_encryption_key of the server, and rotation.key_encryption_key of kms, to ${JSON.stringify(replacementUid)} before the server starts`;
}
