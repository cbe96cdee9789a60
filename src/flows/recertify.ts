// Re-Certify (KMIP 2.1 §6.1.45): a certificate for the same key from the same issuer, whose latest certificate
// and private key stand in the store, and the retirement of the replaced one (storage format §6.11).
import {
  hasTimestamps,
  subjectKeyIdentifierOf,
  unknownCritical,
} from '../crypto/certificate-extensions.js';
import { renewCertificate, type Renewed } from '../crypto/certificate-renewal.js';
import { readCertificate, type Certificate } from '../crypto/certificate.js';
import { namedIn, signatureAlgorithmIn } from '../crypto/signature-algorithm.js';
import { wipeSigningKey } from '../crypto/signing-key.js';
import { KmsError } from '../errors.js';
import { linkTo, withLink } from '../kmip/attributes.js';
import { encodeBytes } from '../kmip/bytes.js';
import { certificateObject } from '../kmip/certificate.js';
import { formatInstant } from '../kmip/date-time.js';
import { formatJson, type JsonObject, type JsonValue } from '../kmip/json.js';
import { withAttributes, type ManagedObject } from '../kmip/managed-object.js';
import { memberReader, withMembers } from '../kmip/members.js';
import type { Neighbours } from '../rotation/neighbours.js';
import type { Subject } from '../rotation/subject.js';
import { certificateAttributes } from './certificate-attributes.js';
import { assertOwnKey, privateKeyOf, signingKeyFrom } from './certificate-keys.js';
import {
  certificateOf,
  namingTheObjectLater,
  type CertificateObject,
} from './certificate-object.js';
import type { Change, Occasion, Rewrapping, Rotation } from './change.js';
import { issuerOf, type Issuer } from './issuer.js';
import { replacementOf, retire, type Replacement } from './replacement.js';
import { rewrappingOf } from './rewrap-dependants.js';
import { unwrappingKey } from './unwrapping.js';

/**
 * Returns the rotation of a certificate.
 *
 * @throws KmsError Unsupported, KeyMismatch, NoPrivateKey, SigningKeyNotActive, HsmResident, what is amiss with
 *   its issuer (issuer.ts), or what unwrapping a key met.
 */
export async function recertify(
  subject: Subject,
  object: ManagedObject,
  occasion: Occasion,
): Promise<Rotation> {
  const uid = object.uniqueIdentifier;
  const { neighbours } = subject;
  const replaced = certificateOf(object);
  assertSignatureKnown(replaced);
  assertOwnKey(replaced, neighbours);
  const replacement = replacementOf(object, occasion, '_cert');
  const issuer = await issuerOf(replaced, neighbours, occasion);
  const signer = issuer.authority?.object ?? object;
  const privateKey = privateKeyOf(signer, issuer.neighbours, object);
  const renewed = await renewedBy(privateKey, replaced, issuer, occasion);
  return {
    uid,
    flow: 'certificate',
    replacementUid: replacement.uid,
    inKeyset: object.attributes.rotateName !== null,
    generation: replacement.generation,
    nextDeadline: replacement.nextDeadline,
    changes: [
      {
        kind: 'create',
        row: rowOf(replaced, replacement, renewed, issuer),
        systemTag: '_cert',
        successorOf: uid,
        heldUids: [
          privateKey.uniqueIdentifier,
          ...(issuer.authority === null ? [] : [signer.uniqueIdentifier]),
        ],
      },
      ...keysOf(object, neighbours).map((key) => relinked(key, uid, replacement.uid)),
      {
        kind: 'retire',
        before: object.row,
        after: retire(object, replacement.uid, occasion.now),
      },
    ],
    rewrapping: rewrappingOfCertificate(subject, occasion, object, replacement.uid),
    notices: noticesOf(replaced, renewed),
  };
}

function assertSignatureKnown({ object, certificate }: CertificateObject): void {
  const { signatureAlgorithm } = certificate;
  if (signatureAlgorithmIn(signatureAlgorithm) !== null) return;
  const uid = object.uniqueIdentifier;
  throw new KmsError(
    'Unsupported',
    `the certificate ${JSON.stringify(uid)} cannot be renewed: its signature algorithm ${namedIn(signatureAlgorithm)} is not supported`,
    { uid, hint: 'renew it where it was issued, or disarm it' },
  );
}

async function renewedBy(
  privateKey: ManagedObject,
  { object, certificate }: CertificateObject,
  { authority, neighbours }: Issuer,
  { now }: Occasion,
): Promise<Renewed> {
  const key = signingKeyFrom(privateKey, neighbours);
  try {
    return await namingTheObjectLater(object.uniqueIdentifier, () =>
      renewCertificate({
        replaced: certificate,
        issuer: authority?.certificate ?? null,
        key,
        publicKeyInfo: null,
        now,
      }),
    );
  } finally {
    wipeSigningKey(key);
  }
}
