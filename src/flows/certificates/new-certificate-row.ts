// A new certificate for a store without a server: the row that Certify would have written (storage format §3.7),
// for a pair of the store, signed by that pair itself or by an authority of the store.
import { isSelfIssued } from '../../crypto/certificates/issuing-rights.js';
import {
  computeKeyIdentifier,
  subjectKeyIdentifierOf,
} from '../../crypto/certificates/key-identifiers.js';
import {
  issueCertificate,
  randomSerial,
  VERSION_3,
} from '../../crypto/certificates/issue-certificate.js';
import { parseCertificate } from '../../crypto/certificates/certificate.js';
import { parseName } from '../../crypto/certificates/distinguished-name.js';
import { newExtensions } from '../../crypto/certificates/new-extensions.js';
import { encodeSubjectPublicKeyInfo } from '../../crypto/keys/subject-public-key-info.js';
import { verifyingKeyIn, wipeSigningKey } from '../../crypto/certificates/signing-key.js';
import { KmsError } from '../../errors.js';
import { certificateObject } from '../../kmip/certificate-value.js';
import { encodeDateTime, LAST_INSTANT, type EpochSeconds } from '../../kmip/date-time.js';
import { formatJson } from '../../kmip/json.js';
import { algorithmOf, type ManagedObject, type ObjectRow } from '../../kmip/managed-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import { certificateAttributes } from './certificate-attributes.js';
import { privateKeyOf, signingKeyFrom } from './certificate-keys.js';
import { type CertificateObject } from './certificate-object.js';
import { withUidAsync } from '../with-uid.js';
import { assertCanBeCreated, invalidArgument, policyOfNew, type NewObject } from '../new-object.js';
import { plainMaterialOf } from '../wrapping/unwrapping.js';
import { assertMayIssue } from './assert-may-issue.js';

export interface NewCertificate extends NewObject {
  /** As RFC 4514 writes it. */
  readonly subject: string;
  readonly alternativeNames: readonly string[];
  readonly validitySeconds: number;
  readonly isAuthority: boolean;
  readonly pathLength: number | null;
}

/** What it is made from: objects of the store, or new ones that will be written with it. */
export interface CertificateParts {
  readonly privateKey: ManagedObject;
  readonly publicKey: ManagedObject;
  /** Null for a self-signed certificate. */
  readonly authority: CertificateObject | null;
  readonly relatedObjects: RelatedObjects;
  readonly now: EpochSeconds;
}

export interface NewCertificateRow {
  readonly row: ObjectRow;
  /** Whether the end of its issuer cut its validity short. */
  readonly shortened: boolean;
}

/** @throws KmsError InvalidArgument, or what is wrong with the issuer or with a key. */
export async function newCertificateRow(
  wanted: NewCertificate,
  parts: CertificateParts,
): Promise<NewCertificateRow> {
  assertCanBeCreated(wanted);
  if (wanted.validitySeconds === 0) {
    throw invalidArgument('--validity must be greater than 0', 'leave it out for one year');
  }
  const { uid, initialDate, isAuthority } = wanted;
  const { authority, privateKey, publicKey, relatedObjects, now } = parts;
  const subject = await parseName(wanted.subject);
  const below = isAuthority && authority?.certificate.subject.equals(subject) !== true ? 1 : 0;
  if (authority !== null) assertMayIssue({ uid, below }, authority, { relatedObjects, now });
  const signer =
    authority === null
      ? privateKey
      : privateKeyOf(authority.object, relatedObjects, { uniqueIdentifier: uid });
  const info = publicKeyInfoOf(publicKey, relatedObjects);
  const issuerInfo = authority?.certificate.publicKeyInfo ?? info;
  const wholeEnd = Math.min(initialDate + wanted.validitySeconds, LAST_INSTANT);
  const notAfter = Math.min(wholeEnd, authority?.certificate.notAfter ?? LAST_INSTANT);
  const extensions = await newExtensions({
    ...wanted,
    publicKeyInfo: info,
    issuerKeyIdentifier: authority === null ? null : identifierOf(authority),
  });
  const key = await signingKeyFrom(signer, relatedObjects);
  try {
    const { bytes } = await withUidAsync({ uniqueIdentifier: uid }, () =>
      issueCertificate(
        {
          version: VERSION_3,
          serial: randomSerial(),
          issuer: authority?.certificate.subject ?? subject,
          notBefore: initialDate,
          notAfter,
          subject,
          publicKeyInfo: info,
          uniqueIdentifiers: [],
          extensions,
        },
        {
          key,
          publicKey: verifyingKeyIn(issuerInfo),
          preferred:
            authority !== null && isSelfIssued(authority.certificate)
              ? [authority.certificate.signatureAlgorithm]
              : [],
        },
      ),
    );
    return { row: await rowOf(wanted, parts, bytes), shortened: notAfter < wholeEnd };
  } finally {
    wipeSigningKey(key);
  }
}

function identifierOf({ certificate }: CertificateObject): Buffer {
  return subjectKeyIdentifierOf(certificate) ?? computeKeyIdentifier(certificate.publicKeyInfo);
}

function publicKeyInfoOf(publicKey: ManagedObject, relatedObjects: RelatedObjects): Buffer {
  const material = plainMaterialOf(publicKey, relatedObjects);
  const format = publicKey.keyBlock?.keyFormatType ?? '';
  return encodeSubjectPublicKeyInfo(algorithmOf(publicKey), format, material);
}

/** Certificates have their tags only in the table `tags` (storage format §1.6). */
async function rowOf(
  wanted: NewCertificate,
  { privateKey, publicKey, authority }: CertificateParts,
  bytes: Buffer,
): Promise<ObjectRow> {
  const { uid, owner, initialDate } = wanted;
  const date = encodeDateTime(initialDate);
  const link = (LinkType: string, { uniqueIdentifier }: { readonly uniqueIdentifier: string }) => ({
    LinkType,
    LinkedObjectIdentifier: uniqueIdentifier,
  });
  const attributes = {
    ActivationDate: date,
    CertificateAttributes: await certificateAttributes(parseCertificate(bytes), undefined),
    InitialDate: date,
    KeyFormatType: 'X509',
    Link: [
      link('CertificateLink', authority?.object ?? { uniqueIdentifier: uid }),
      link('PublicKeyLink', publicKey),
      link('PrivateKeyLink', privateKey),
    ],
    ObjectType: 'Certificate',
    ...policyOfNew(wanted),
    State: 'Active',
    UniqueIdentifier: uid,
  };
  return {
    id: uid,
    object: formatJson(certificateObject(bytes)),
    attributes: formatJson(attributes),
    state: 'Active',
    owner,
    wrappingKeyId: null,
  };
}

/** @throws KmsError InvalidArgument for an object that is no private key, or has a certificate already. */
export function assertCanBeCertified({
  uniqueIdentifier: uid,
  objectType,
  state,
}: ManagedObject): void {
  if (objectType === 'PrivateKey' && state === 'Active') return;
  throw new KmsError(
    'InvalidArgument',
    `${JSON.stringify(uid)} is a ${objectType} and ${state}, not an Active private key`,
    { uid, hint: 'name an Active private key, whose public key is to be certified' },
  );
}
