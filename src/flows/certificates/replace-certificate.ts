// The replacement of a certificate: signed by its issuer for the same key or a new one. Re-Certify and the renewal of a
// pair's certificates call it. renewed-certificate-row.ts makes the row, find-issuer.ts finds the issuer.
import { invalidNamesIn } from '../../crypto/certificates/alternative-names.js';
import { parseCertificate } from '../../crypto/certificates/certificate.js';
import {
  renewCertificate,
  type RenewedCertificate,
} from '../../crypto/certificates/renew-certificate.js';
import {
  signatureAlgorithmName,
  parseSignatureAlgorithm,
} from '../../crypto/certificates/signature-algorithm.js';
import { wipeSigningKey, type SigningKey } from '../../crypto/certificates/signing-key.js';
import { KmsError } from '../../errors.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { Validity } from '../../rotation/deadline.js';
import type { Overlap } from '../../rotation/retiring-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import { privateKeyOf, signingKeyFrom } from './certificate-keys.js';
import { type CertificateObject } from './certificate-object.js';
import { withUid, withUidAsync } from '../with-uid.js';
import type { CertificateEnd, Change } from '../change.js';
import { findIssuer, type Issuer } from './find-issuer.js';
import { type Replacement } from '../replacement.js';
import { retirement, noticesOfReplaced } from '../retirement.js';
import { renewalNotices } from './renewal-notices.js';
import { renewedCertificateRow } from './renewed-certificate-row.js';
import { SYSTEM_TAGS } from '../../kmip/vocabulary.js';
import type { RotationContext } from '../rotation-context.js';

/** A new pair that a certificate is issued for. */
export interface NewKey {
  readonly privateUid: string;
  readonly publicUid: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer;
  /** Returns the private key; used if the certificate is self-signed. */
  readonly signingKey: () => Promise<SigningKey>;
}

export interface CertificateRenewal {
  readonly changes: readonly [Change, Change];
  readonly validity: Validity;
  readonly endsWithIssuer: CertificateEnd | null;
  readonly notices: readonly string[];
}

/**
 * Returns the rows of a renewal, for the key that the certificate has or for a new one.
 *
 * @throws KmsError Unsupported, KeyMismatch, NoPrivateKey, SigningKeyNotActive, HsmResident, what is wrong with
 *   its issuer (find-issuer.ts), or why a key cannot be unwrapped.
 */
export async function replaceCertificate(
  replaced: CertificateObject,
  replacement: Replacement,
  {
    relatedObjects,
    context,
    newKey,
    overlap,
  }: {
    relatedObjects: RelatedObjects;
    context: RotationContext;
    newKey: NewKey | null;
    overlap: Overlap | null;
  },
): Promise<CertificateRenewal> {
  const { object } = replaced;
  assertSignatureKnown(replaced);
  assertNamesMayBeCopied(replaced);
  const issuer = await findIssuer(replaced, relatedObjects, context);
  const signer = await signerOf(object, issuer, newKey);
  const renewed = await renewedBy(
    signer.key,
    replaced,
    issuer,
    newKey?.publicKeyInfo ?? null,
    context,
  );
  const validity = parseCertificate(renewed.bytes);
  const { notAfter } = validity;
  const issuerUid = issuer.authority?.object.uniqueIdentifier ?? null;
  const endsNoLater = renewed.shortened && notAfter <= replaced.certificate.notAfter;
  return {
    validity,
    endsWithIssuer: endsNoLater && issuerUid !== null ? { issuerUid, notAfter } : null,
    changes: [
      {
        kind: 'create',
        row: await renewedCertificateRow(object, replacement, {
          bytes: renewed.bytes,
          issuerUid: issuerUid ?? replacement.uid,
          newKey,
        }),
        systemTag: SYSTEM_TAGS.Certificate,
        replacedUid: object.uniqueIdentifier,
        lockedUids: signer.lockedUids,
      },
      retirement(object, replacement.uid, context.now, overlap),
    ],
    notices: [
      ...noticesOfReplaced(object, context.now),
      ...renewalNotices(replaced, renewed, issuerUid),
    ],
  };
}

interface Signing {
  readonly key: SigningKey;
  /** Objects that must still be Active when the certificate is written. */
  readonly lockedUids: readonly string[];
}

async function signerOf(
  object: ManagedObject,
  { authority, relatedObjects }: Issuer,
  newKey: NewKey | null,
): Promise<Signing> {
  if (authority === null && newKey !== null) {
    return { key: await newKey.signingKey(), lockedUids: [] };
  }
  const signer = authority?.object ?? object;
  const privateKey = privateKeyOf(signer, relatedObjects, object);
  return {
    key: await signingKeyFrom(privateKey, relatedObjects),
    lockedUids: [
      privateKey.uniqueIdentifier,
      ...(authority === null ? [] : [signer.uniqueIdentifier]),
    ],
  };
}

function assertSignatureKnown({ object, certificate }: CertificateObject): void {
  const { signatureAlgorithm } = certificate;
  if (parseSignatureAlgorithm(signatureAlgorithm) !== null) return;
  const uid = object.uniqueIdentifier;
  throw new KmsError(
    'Unsupported',
    `the certificate ${JSON.stringify(uid)} cannot be renewed: its signature algorithm ${signatureAlgorithmName(signatureAlgorithm)} is not supported`,
    { uid, hint: 'renew it where it was issued, or disarm it' },
  );
}

/** A name that is only unusual is copied, with a notice. */
function assertNamesMayBeCopied({ object, certificate }: CertificateObject): void {
  const uid = object.uniqueIdentifier;
  const malformed = withUid(object, () => invalidNamesIn(certificate)).filter(
    ({ isMalformed }) => isMalformed,
  );
  if (malformed.length === 0) return;
  throw new KmsError(
    'MalformedObject',
    `the certificate ${JSON.stringify(uid)} cannot be renewed: RFC 5280 does not allow ${malformed.map(({ text }) => text).join(', ')} in it`,
    { uid, hint: 'create another with valid names (kms certificate create), and disarm this one' },
  );
}

async function renewedBy(
  key: SigningKey,
  { object, certificate }: CertificateObject,
  { authority }: Issuer,
  publicKeyInfo: Buffer | null,
  { now }: RotationContext,
): Promise<RenewedCertificate> {
  const issuer = authority?.certificate ?? null;
  try {
    return await withUidAsync(object, () =>
      renewCertificate({ replaced: certificate, issuer, key, publicKeyInfo, now }),
    );
  } finally {
    wipeSigningKey(key);
  }
}
