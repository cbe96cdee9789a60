// Objects as they are rotated, pairs together, with their later generations.
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import {
  MAX_GENERATIONS,
  privateUidOf,
  publicUidOf,
  type RelatedObjects,
} from '../../rotation/related-objects.js';
import { replacementOf } from '../../rotation/replacements.js';
import type { Generation } from '../../rotation/unfinished/unfinished-rotation.js';

/** Returns an object with its public key; null for what is not there or cannot be read. */
export function generationOf(
  object: ManagedObject | KmsError | undefined,
  related: RelatedObjects,
): Generation | null {
  if (object === undefined || object instanceof KmsError) return null;
  const publicKey = object.objectType === 'PrivateKey' ? related.get(publicUidOf(object)) : null;
  const isThere = publicKey !== null && publicKey !== undefined && !(publicKey instanceof KmsError);
  return { key: object, publicKey: isThere && isHalfOf(publicKey, object) ? publicKey : null };
}

/** Its uid alone may say that it is: another pair’s key may have that. */
function isHalfOf({ objectType, attributes }: ManagedObject, key: ManagedObject): boolean {
  const uid = key.uniqueIdentifier;
  return objectType === 'PublicKey' && (linkTo(attributes, 'PrivateKeyLink') ?? uid) === uid;
}

/**
 * Returns a generation and those after it, as far as each names the one before it; null if they form a circle, or one of
 * them cannot be read.
 */
export function chainOf(
  first: Generation,
  related: RelatedObjects,
): readonly [Generation, ...Generation[]] | null {
  const later: Generation[] = [];
  const seen = new Set<string>();
  for (let last = first; ;) {
    seen.add(last.key.uniqueIdentifier);
    const next = replacementOf(last.key, related);
    if (next === undefined) return [first, ...later];
    const generation = generationOf(next, related);
    if (generation === null || seen.size > MAX_GENERATIONS) return null;
    if (seen.has(generation.key.uniqueIdentifier)) return null;
    if (!namesBack(generation, last)) return [first, ...later];
    later.push(generation);
    last = generation;
  }
}

/** Says whether a generation names another one as its replacement that does not say so. */
export function isFalselyReplaced(last: Generation, related: RelatedObjects): boolean {
  const next = generationOf(replacementOf(last.key, related), related);
  return next !== null && !namesBack(next, last);
}

function namesBack({ key: { attributes } }: Generation, { key }: Generation): boolean {
  return linkTo(attributes, 'ReplacedObjectLink') === key.uniqueIdentifier;
}

/** Returns the uid of the private key of a public key whose pair is in the store, else the uid itself. */
export function keyUidOf(uid: string, related: RelatedObjects): string {
  const object = related.get(uid);
  if (object === undefined || object instanceof KmsError || object.objectType !== 'PublicKey')
    return uid;
  const privateKey = related.get(privateUidOf(object) ?? '');
  if (privateKey === undefined || privateKey instanceof KmsError) return uid;
  return publicUidOf(privateKey) === uid ? privateKey.uniqueIdentifier : uid;
}
