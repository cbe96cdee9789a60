// The keys of a certificate: its public key, which must be the one in its bytes, and its private key, unwrapped, which
// signs.
import { wipePrivateKey } from '../../crypto/keys/generate-key-pair.js';
import {
  isSameKey,
  signingKeyOf,
  verifyingKeyIn,
  verifyingKeyOf,
  type SigningKey,
} from '../../crypto/certificates/signing-key.js';
import { KmsError, type Reason } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { algorithmOf, isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { isInModule, privateUidOf, type RelatedObjects } from '../../rotation/related-objects.js';
import { isHsmUid } from '../../kmip/unique-identifier.js';
import { type CertificateObject } from './certificate-object.js';
import { withUid, withUidAsync } from '../with-uid.js';
import { plainMaterialOf } from '../wrapping/unwrapping.js';
import { cannotIssue } from './issuer-errors.js';

/**
 * Ensures that a certificate certifies the public key that its row links to, if that key is in the store.
 *
 * @throws KmsError KeyMismatch, or why the key cannot be read.
 */
export function assertOwnKey(
  { object, certificate }: CertificateObject,
  relatedObjects: RelatedObjects,
): void {
  const publicKey = relatedObjects.get(linkTo(object.attributes, 'PublicKeyLink') ?? '');
  if (publicKey === undefined) return;
  if (publicKey instanceof KmsError) throw publicKey;
  if (publicKey.objectType !== 'PublicKey' || isDestroyed(publicKey)) return;
  assertCertifies({ object, certificate }, publicKey, relatedObjects);
}

/** Ensures that a certificate certifies this public key. @throws KmsError as above. */
export function assertCertifies(
  { object, certificate }: CertificateObject,
  publicKey: ManagedObject,
  relatedObjects: RelatedObjects,
): void {
  const uid = object.uniqueIdentifier;
  const linked = verifyingKeyFrom(publicKey, relatedObjects);
  const certified = withUid(object, () => verifyingKeyIn(certificate.publicKeyInfo));
  if (isSameKey(linked, certified)) return;
  const other = JSON.stringify(publicKey.uniqueIdentifier);
  throw new KmsError(
    'KeyMismatch',
    `the certificate ${JSON.stringify(uid)} certifies another key than ${other}, which goes with it`,
    { uid, hint: 'link it to its own key with the server that wrote it' },
  );
}

/**
 * Returns the private key of a certificate's row.
 *
 * @throws KmsError NoPrivateKey, HsmResident or SigningKeyNotActive, naming the certificate to be signed.
 */
export function privateKeyOf(
  holder: ManagedObject,
  relatedObjects: RelatedObjects,
  signed: Pick<ManagedObject, 'uniqueIdentifier'>,
): ManagedObject {
  const uid = signed.uniqueIdentifier;
  const own = holder === signed;
  const whose = own ? 'its private key' : `the private key of its issuer ${nameOf(holder)}`;
  const refuse = (reason: Reason, what: string, hint: string) =>
    cannotIssue(uid, reason, `${whose} ${what}`, hint);
  const keyUid = privateKeyUid(holder, relatedObjects);
  const key = keyUid === null ? undefined : relatedObjects.get(keyUid);
  if (key instanceof KmsError) throw key;
  if (isHsmUid(keyUid) || isInModule(key?.wrappingKeyUid ?? null, relatedObjects)) {
    const what = 'lives in a hardware security module, or under a key that does';
    throw refuse('HsmResident', what, 'renew it with the module’s own tools');
  }
  if (key?.objectType !== 'PrivateKey' || isDestroyed(key)) {
    throw refuse(
      'NoPrivateKey',
      'is not in the store',
      'import that key and link the certificate to it; or renew the certificate where its key is and import it again; or disarm it',
    );
  }
  if (key.state === 'Active') return key;
  throw refuse(
    'SigningKeyNotActive',
    `${nameOf(key)} is ${key.state}`,
    'only an Active key can sign: have the certificate reissued for another key',
  );
}

/** Returns the private key in a row. The caller wipes it. @throws KmsError why it cannot be unwrapped. */
export async function signingKeyFrom(
  privateKey: ManagedObject,
  relatedObjects: RelatedObjects,
): Promise<SigningKey> {
  const plainKey = keyOf(privateKey, relatedObjects);
  const algorithm = algorithmOf(privateKey);
  try {
    return await withUidAsync(privateKey, () => signingKeyOf(algorithm, plainKey));
  } finally {
    wipePrivateKey(plainKey);
  }
}

function verifyingKeyFrom(publicKey: ManagedObject, relatedObjects: RelatedObjects) {
  const plainKey = keyOf(publicKey, relatedObjects);
  return withUid(publicKey, () => verifyingKeyOf(algorithmOf(publicKey), plainKey));
}

function keyOf(object: ManagedObject, relatedObjects: RelatedObjects) {
  const keyFormatType = object.keyBlock?.keyFormatType ?? '';
  return { keyFormatType, material: plainMaterialOf(object, relatedObjects) };
}

function privateKeyUid(holder: ManagedObject, relatedObjects: RelatedObjects): string | null {
  const linked = privateUidOf(holder);
  if (linked !== null) return linked;
  const publicKey = relatedObjects.get(linkTo(holder.attributes, 'PublicKeyLink') ?? '');
  return publicKey === undefined || publicKey instanceof KmsError ? null : privateUidOf(publicKey);
}

function nameOf({ uniqueIdentifier }: ManagedObject): string {
  return JSON.stringify(uniqueIdentifier);
}
