// By which key a replaced wrapping key is followed: the end of its chain of replacements, or what our own log knows
// where a server's cache has written a link over.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { endOfLineage, replacementOf } from './lineage.js';
import {
  isDestroyed,
  privateUidOf,
  publicUidOf,
  readable,
  replacementUidOf,
  wrappingKeyNamed,
  type RelatedObjects,
} from './neighbours.js';

/**
 * Returns the Active key under which belongs what names a wrapping key, or null if that key was not replaced.
 *
 * @throws KmsError why what it names has nowhere to go: WrappingKeyNotActive or WrappingKeyMissing of the latest
 *   generation, WrappingCycle, or why a row of the chain cannot be read.
 */
export function activeSuccessorOf(
  wrappingKeyUid: string,
  relatedObjects: RelatedObjects,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject | null {
  const wrapping = relatedObjects.get(wrappingKeyUid);
  if (wrapping === undefined) return null;
  const latest = latestOf(readable(wrapping), relatedObjects, successorInLog);
  const successor =
    latest.objectType === 'Certificate' ? keyAfter(latest, relatedObjects, successorInLog) : latest;
  if (successor === wrapping) return null;
  if (successor.state !== 'Active') throw notActive(wrappingKeyUid, successor);
  return successor;
}

function notActive(wrappingKeyUid: string, latest: ManagedObject): KmsError {
  const { uniqueIdentifier: uid, state } = latest;
  return new KmsError(
    'WrappingKeyNotActive',
    `the wrapping key ${JSON.stringify(wrappingKeyUid)} was replaced by ${JSON.stringify(uid)}, which is ${state}`,
    {
      uid,
      hint: isDestroyed(latest)
        ? `link ${JSON.stringify(wrappingKeyUid)} to an Active key with the server that wrote it: what it wraps then follows`
        : 'rotate that one (kms rotate key), or activate it with the server: what it wraps then follows',
    },
  );
}

function latestOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject {
  const latest = endOfLineage(
    object,
    (one) =>
      replacementOf(one, relatedObjects) ??
      (one.state === 'Active'
        ? undefined
        : (replacementByCounterpart(one, relatedObjects) ??
          loggedSuccessorOf(one, relatedObjects, successorInLog))),
  );
  // An Active one can be used where it is.
  if (latest.state !== 'Active') assertNotReplaced(latest, relatedObjects, successorInLog);
  return latest;
}

/** Returns the half that follows one of a pair, by the link of the other: its own may have been written over. */
function replacementByCounterpart(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject | KmsError | undefined {
  const other = counterpartOf(object, relatedObjects);
  if (other === undefined || other instanceof KmsError) return other;
  const successor = replacementOf(other, relatedObjects);
  if (successor === undefined || successor instanceof KmsError) return successor;
  // Without its half that one may not wrap, which is told of it.
  return counterpartOf(successor, relatedObjects) ?? successor;
}

function counterpartOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject | KmsError | undefined {
  if (object.objectType === 'PrivateKey') return relatedObjects.get(publicUidOf(object));
  if (object.objectType !== 'PublicKey') return undefined;
  return relatedObjects.get(privateUidOf(object) ?? '');
}

/** @throws KmsError WrappingKeyMissing if something followed an end of a chain, and is gone. */
function assertNotReplaced(
  latest: ManagedObject,
  relatedObjects: RelatedObjects,
  successorInLog: ReadonlyMap<string, string>,
): void {
  const logged = successorInLog.get(uidInLog(latest)) ?? null;
  const other = relatedObjects.get(logged ?? '');
  // Of a pair that is there the half is missing.
  const counterpart = other === undefined ? logged : publicUidOf(readable(other));
  const gone = replacementUidOf(latest) ?? counterpart;
  if (gone === null) return;
  const uid = latest.uniqueIdentifier;
  throw new KmsError(
    'WrappingKeyMissing',
    `the wrapping key ${JSON.stringify(uid)} was replaced by ${JSON.stringify(gone)}, which is not in the store`,
    { uid, hint: 'restore that one from a copy of the store' },
  );
}

/**
 * Returns the public key that has taken the place of a certificate's, or the certificate itself: its pair may be
 * replaced without it, and then nobody may unwrap any more what names it.
 */
function keyAfter(
  certificate: ManagedObject,
  relatedObjects: RelatedObjects,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject {
  const own = relatedObjects.get(privateUidOf(certificate) ?? '');
  if (own === undefined) return certificate;
  const latest = latestOf(readable(own), relatedObjects, successorInLog);
  if (latest === own) return certificate;
  // The private half unwraps: whether it may is told first.
  return latest.state === 'Active' ? wrappingKeyNamed(publicUidOf(latest), relatedObjects) : latest;
}

/**
 * Returns the uids by which our log may tell what followed these objects, of a pair its private key's: any of a chain
 * may have had its link written over, not its first alone.
 */
export function uidsToLookUp(relatedObjects: RelatedObjects): readonly string[] {
  const ended = [...relatedObjects.values()].filter(
    (object): object is ManagedObject =>
      !(object instanceof KmsError) &&
      object.state !== 'Active' &&
      replacementOf(object, relatedObjects) === undefined,
  );
  return [...new Set(ended.map(uidInLog))];
}

function uidInLog(object: ManagedObject): string {
  const counterpart = object.objectType === 'PublicKey' ? privateUidOf(object) : null;
  return counterpart ?? object.uniqueIdentifier;
}

function loggedSuccessorOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject | KmsError | undefined {
  const successor = relatedObjects.get(successorInLog.get(uidInLog(object)) ?? '');
  if (successor === undefined || successor instanceof KmsError) return successor;
  const isCounterpart = object.objectType === 'PublicKey' && successor.objectType === 'PrivateKey';
  return isCounterpart ? relatedObjects.get(publicUidOf(successor)) : successor;
}
