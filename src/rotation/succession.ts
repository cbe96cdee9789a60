// By which key a replaced wrapping key is followed: the end of its chain of replacements, or what our own log knows
// where a server's cache has written a link over.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { endOfLineage, replacementOf } from './lineage.js';
import { privateUidOf, publicUidOf, readable, type Neighbours } from './neighbours.js';

/**
 * Returns the Active key under which belongs what names a wrapping key, or null if it may stay where it is, or
 * has nowhere to go.
 *
 * @throws KmsError WrappingCycle, or why a row of the chain cannot be read.
 */
export function activeSuccessorOf(
  wrappingKeyUid: string,
  neighbours: Neighbours,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject | null {
  const wrapping = neighbours.get(wrappingKeyUid);
  if (wrapping === undefined || wrapping instanceof KmsError) return null;
  const latest = latestOf(wrapping, neighbours, successorInLog);
  const successor =
    latest.objectType === 'Certificate' ? keyAfter(latest, neighbours, successorInLog) : latest;
  return successor === wrapping || successor.state !== 'Active' ? null : successor;
}

function latestOf(
  object: ManagedObject,
  neighbours: Neighbours,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject {
  return endOfLineage(
    object,
    (one) =>
      replacementOf(one, neighbours) ??
      (one.state === 'Active' ? undefined : loggedSuccessorOf(one, neighbours, successorInLog)),
  );
}

/**
 * Returns the public key that has taken the place of a certificate's, or the certificate itself: its pair may be
 * replaced without it, and then nobody may unwrap any more what names it.
 */
function keyAfter(
  certificate: ManagedObject,
  neighbours: Neighbours,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject {
  const own = neighbours.get(privateUidOf(certificate) ?? '');
  if (own === undefined || own instanceof KmsError) return certificate;
  const latest = latestOf(own, neighbours, successorInLog);
  if (latest === own || latest.state !== 'Active') return certificate;
  return readable(neighbours.get(publicUidOf(latest)) ?? certificate);
}

/**
 * Returns the uids by which our log may tell what followed these objects, of a pair its private key's: any of a chain
 * may have had its link written over, not its first alone.
 */
export function uidsToLookUp(neighbours: Neighbours): readonly string[] {
  const ended = [...neighbours.values()].filter(
    (object): object is ManagedObject =>
      !(object instanceof KmsError) &&
      object.state !== 'Active' &&
      replacementOf(object, neighbours) === undefined,
  );
  return [...new Set(ended.map(uidInLog))];
}

function uidInLog(object: ManagedObject): string {
  const half = object.objectType === 'PublicKey' ? privateUidOf(object) : null;
  return half ?? object.uniqueIdentifier;
}

function loggedSuccessorOf(
  object: ManagedObject,
  neighbours: Neighbours,
  successorInLog: ReadonlyMap<string, string>,
): ManagedObject | KmsError | undefined {
  const successor = neighbours.get(successorInLog.get(uidInLog(object)) ?? '');
  if (successor === undefined || successor instanceof KmsError) return successor;
  const isHalf = object.objectType === 'PublicKey' && successor.objectType === 'PrivateKey';
  return isHalf ? neighbours.get(publicUidOf(successor)) : successor;
}
