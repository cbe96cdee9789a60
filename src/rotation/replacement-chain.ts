// By which key a replaced wrapping key is followed: the end of its chain of replacements, or what our own log knows
// where a server's cache has written a link over.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { followReplacements, replacementOf } from './generations.js';
import {
  isDestroyed,
  privateUidOf,
  publicUidOf,
  readableOrThrow,
  replacementUidOf,
  requireWrappingKey,
  type RelatedObjects,
} from './related-objects.js';

/**
 * Returns the Active key under which belongs what names a wrapping key, or null if that key was not replaced.
 *
 * @throws KmsError why what it names has nowhere to go: WrappingKeyNotActive or WrappingKeyMissing of the latest
 *   generation, WrappingCycle, or why a row of the chain cannot be read.
 */
export function activeReplacementOf(
  wrappingKeyUid: string,
  relatedObjects: RelatedObjects,
  loggedReplacementOf: ReadonlyMap<string, string>,
): ManagedObject | null {
  const wrapping = relatedObjects.get(wrappingKeyUid);
  if (wrapping === undefined) return null;
  const latest = latestOf(readableOrThrow(wrapping), relatedObjects, loggedReplacementOf);
  const replacement =
    latest.objectType === 'Certificate'
      ? replacementKeyOf(latest, relatedObjects, loggedReplacementOf)
      : latest;
  if (replacement === wrapping) return null;
  if (replacement.state !== 'Active') throw notActive(wrappingKeyUid, replacement);
  return replacement;
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
  loggedReplacementOf: ReadonlyMap<string, string>,
): ManagedObject {
  const latest = followReplacements(
    object,
    (one) =>
      replacementOf(one, relatedObjects) ??
      (one.state === 'Active'
        ? undefined
        : (replacementByCounterpart(one, relatedObjects) ??
          loggedReplacementUidOf(one, relatedObjects, loggedReplacementOf))),
  );
  // An Active one can be used where it is.
  if (latest.state !== 'Active') assertNotReplaced(latest, relatedObjects, loggedReplacementOf);
  return latest;
}

/** Returns the half that follows one of a pair, by the link of the other: its own may have been written over. */
function replacementByCounterpart(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject | KmsError | undefined {
  const other = counterpartOf(object, relatedObjects);
  if (other === undefined || other instanceof KmsError) return other;
  const replacement = replacementOf(other, relatedObjects);
  if (replacement === undefined || replacement instanceof KmsError) return replacement;
  // Without its half that one may not wrap, which is told of it.
  return counterpartOf(replacement, relatedObjects) ?? replacement;
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
  loggedReplacementOf: ReadonlyMap<string, string>,
): void {
  const logged = loggedReplacementOf.get(uidInLog(latest)) ?? null;
  const other = relatedObjects.get(logged ?? '');
  // Of a pair that is there the half is missing.
  const counterpart = other === undefined ? logged : publicUidOf(readableOrThrow(other));
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
function replacementKeyOf(
  certificate: ManagedObject,
  relatedObjects: RelatedObjects,
  loggedReplacementOf: ReadonlyMap<string, string>,
): ManagedObject {
  const own = relatedObjects.get(privateUidOf(certificate) ?? '');
  if (own === undefined) return certificate;
  const latest = latestOf(readableOrThrow(own), relatedObjects, loggedReplacementOf);
  if (latest === own) return certificate;
  // The private half unwraps: whether it may is told first.
  return latest.state === 'Active'
    ? requireWrappingKey(publicUidOf(latest), relatedObjects)
    : latest;
}

/**
 * Returns the uids by which our log may tell what followed these objects, of a pair its private key's: any of a chain
 * may have had its link written over, not its first alone.
 */
export function uidsToFindInLog(relatedObjects: RelatedObjects): readonly string[] {
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

function loggedReplacementUidOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
  loggedReplacementOf: ReadonlyMap<string, string>,
): ManagedObject | KmsError | undefined {
  const replacement = relatedObjects.get(loggedReplacementOf.get(uidInLog(object)) ?? '');
  if (replacement === undefined || replacement instanceof KmsError) return replacement;
  const isCounterpart =
    object.objectType === 'PublicKey' && replacement.objectType === 'PrivateKey';
  return isCounterpart ? relatedObjects.get(publicUidOf(replacement)) : replacement;
}
