// The public key of a loaded object as PEM or JSON Web Key: of a public key, or of the pair of a private key. Nothing else
// may leave the store.
import { publicJwk, type JwkRequest, type PublicJwk } from '../../crypto/keys/json-web-key.js';
import { publicKeyPem } from '../../crypto/keys/subject-public-key-info.js';
import { KmsError } from '../../errors.js';
import { algorithmOf, isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import {
  privateUidOf,
  publicUidOf,
  readableOrThrow,
  type RelatedObjects,
} from '../../rotation/related-objects.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { withUid } from '../with-uid.js';
import { plainMaterialOf } from '../wrapping/unwrapping.js';

export interface ExportedPublicKey {
  readonly uid: string;
  readonly state: string;
  readonly algorithm: string | null;
  /** SubjectPublicKeyInfo. */
  readonly pem: string;
}

export interface ExportedJwk {
  readonly uid: string;
  readonly state: string;
  readonly jwk: PublicJwk;
}

/**
 * Returns the public key of an object.
 *
 * @throws KmsError Unsupported, naming the type of an object that has none; UnsoundPair, WrongState,
 *   MalformedObject, or why it cannot be unwrapped.
 */
export function exportPublicKey({ object, relatedObjects }: RotationCandidate): ExportedPublicKey {
  if (object instanceof KmsError) throw object;
  const publicKey = publicKeyOf(object, relatedObjects);
  const { uniqueIdentifier: uid, state, keyBlock } = publicKey;
  if (isDestroyed(publicKey)) {
    throw new KmsError('WrongState', `${JSON.stringify(uid)} is ${state}, and holds no key`, {
      uid,
    });
  }
  const algorithm = algorithmOf(publicKey);
  const material = plainMaterialOf(publicKey, relatedObjects);
  const format = keyBlock?.keyFormatType ?? '';
  const pem = withUid(publicKey, () => publicKeyPem(algorithm, format, material));
  return { uid, state, algorithm, pem };
}

/**
 * Returns the public key of an object as JSON Web Key.
 *
 * @throws KmsError as above; InvalidArgument if the key cannot be used as requested.
 */
export function exportJwk(candidate: RotationCandidate, request: JwkRequest): ExportedJwk {
  const { uid, state, algorithm, pem } = exportPublicKey(candidate);
  const publicKey = publicKeyOf(readableOrThrow(candidate.object), candidate.relatedObjects);
  const usageMask =
    publicKey.attributes.cryptographicUsageMask ??
    publicKey.keyBlock?.attributes?.cryptographicUsageMask ??
    null;
  const jwk = withUid(publicKey, () => publicJwk({ pem, algorithm, usageMask }, request));
  return { uid, state, jwk };
}

/** Ensures that an object is one key of a pair. @throws KmsError Unsupported. */
export function assertKeyOfPair({ objectType, uniqueIdentifier: uid }: ManagedObject): void {
  if (objectType === 'PublicKey' || objectType === 'PrivateKey') return;
  throw new KmsError(
    'Unsupported',
    `${JSON.stringify(uid)} is a ${objectType}: public keys alone are exported`,
    { uid, hint: 'name a public key, or the private key of its pair' },
  );
}

function publicKeyOf(object: ManagedObject, relatedObjects: RelatedObjects): ManagedObject {
  const uid = object.uniqueIdentifier;
  if (object.objectType === 'PublicKey') return object;
  assertKeyOfPair(object);
  const key = relatedObjects.get(publicUidOf(object));
  if (key instanceof KmsError) throw key;
  if (key?.objectType === 'PublicKey' && privateUidOf(key) === uid) return key;
  throw new KmsError(
    'UnsoundPair',
    `${JSON.stringify(uid)} has no public key in the store that links back to it`,
    { uid, hint: 'repair the pair with the server that wrote it, or name the public key itself' },
  );
}
