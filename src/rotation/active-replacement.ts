// Which Active key replaces a wrapping key: the end of its chain of replacements, or what our own log knows if a
// server's cache has overwritten a link.
import { KmsError } from '../errors.js';
import { isDestroyed, type ManagedObject } from '../kmip/managed-object.js';
import { followReplacements, replacementOf } from './replacements.js';
import {
  privateUidOf,
  publicUidOf,
  readableOrThrow,
  replacementUidOf,
  type RelatedObjects,
} from './related-objects.js';
import { requireWrappingKey } from './wrapping-rules.js';

/**
 * Returns the Active key that must wrap the dependants of a wrapping key, or null if that key was not replaced.
 *
 * @throws KmsError if no key can: WrappingKeyNotActive or WrappingKeyMissing of the latest generation, WrappingCycle,
 *   or why a row of the chain cannot be read.
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
        ? `link ${JSON.stringify(wrappingKeyUid)} to an Active key with the server that wrote it: the next run then re-wraps what it wraps`
        : `rotate that one (kms rotate key), or activate it with the server: the next run then re-wraps what ${JSON.stringify(wrappingKeyUid)} wraps`,
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
          replacementInLog(one, relatedObjects, loggedReplacementOf))),
  );
  // An Active key is usable, whatever replaced it.
  if (latest.state !== 'Active') assertNotReplaced(latest, relatedObjects, loggedReplacementOf);
  return latest;
}

/** Returns what replaces a key of a pair, by the link of its counterpart: its own may have been overwritten. */
function replacementByCounterpart(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject | KmsError | undefined {
  const counterpart = counterpartOf(object, relatedObjects);
  if (counterpart === undefined || counterpart instanceof KmsError) return counterpart;
  const replacement = replacementOf(counterpart, relatedObjects);
  if (replacement === undefined || replacement instanceof KmsError) return replacement;
  // Without a counterpart the replacement may not wrap, and the caller says so.
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

/** @throws KmsError WrappingKeyMissing if the end of a chain was replaced by an object that is gone. */
function assertNotReplaced(
  latest: ManagedObject,
  relatedObjects: RelatedObjects,
  loggedReplacementOf: ReadonlyMap<string, string>,
): void {
  const logged = loggedReplacementOf.get(uidInLog(latest)) ?? null;
  const found = relatedObjects.get(logged ?? '');
  // If the private key is in the store, its public key is missing.
  const missingInLog = found === undefined ? logged : publicUidOf(readableOrThrow(found));
  const gone = replacementUidOf(latest) ?? missingInLog;
  if (gone === null) return;
  const uid = latest.uniqueIdentifier;
  throw new KmsError(
    'WrappingKeyMissing',
    `the wrapping key ${JSON.stringify(uid)} was replaced by ${JSON.stringify(gone)}, which is not in the store`,
    { uid, hint: 'restore that one from a copy of the store' },
  );
}

/**
 * Returns the public key that replaces that of a certificate, or the certificate itself. A pair may be replaced
 * without its certificate, and then what names the certificate can no longer be unwrapped.
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
  // The private key unwraps: if it is not Active, that is the failure to report.
  return latest.state === 'Active'
    ? requireWrappingKey(publicUidOf(latest), relatedObjects)
    : latest;
}

/**
 * Returns the uids to look up in our log for the replacements of these objects; for a public key, that of its private
 * key. The link of any object of a chain may have been overwritten, not only that of the first.
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

function replacementInLog(
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
