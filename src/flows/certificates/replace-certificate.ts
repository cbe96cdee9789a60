// The renewal of a certificate as rows: the replacement, signed by its issuer for the same key or a new one, and the
// retirement of the replaced one (storage format §6.11). Re-Certify and a pair's renewal call it. It is longer than 250
// lines because row, signature and the checks before signing share what was read of the issuer.
import {
  hasCertificateTimestamps,
  unknownCriticalExtensions,
} from '../../crypto/certificates/extensions.js';
import {
  renewCertificate,
  type RenewedCertificate,
} from '../../crypto/certificates/renew-certificate.js';
import { parseCertificate, type Certificate } from '../../crypto/certificates/certificate.js';
import {
  signatureAlgorithmName,
  parseSignatureAlgorithm,
} from '../../crypto/certificates/signature-algorithm.js';
import { wipeSigningKey, type SigningKey } from '../../crypto/certificates/signing-key.js';
import { KmsError } from '../../errors.js';
import type { Attributes } from '../../kmip/attributes.js';
import { encodeBytes } from '../../kmip/bytes.js';
import { certificateObject } from '../../kmip/certificate-value.js';
import { formatInstant } from '../../kmip/date-time.js';
import { formatJson, type JsonObject, type JsonValue } from '../../kmip/json.js';
import type { ManagedObject, ObjectRow } from '../../kmip/managed-object.js';
import { memberReader, withMembers } from '../../kmip/members.js';
import type { LinkType } from '../../kmip/vocabulary.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import { certificateAttributes } from './certificate-attributes.js';
import { privateKeyOf, signingKeyFrom } from './certificate-keys.js';
import { type CertificateObject } from './certificate-object.js';
import { withUidAsync } from '../with-uid.js';
import type { Change, RotationContext } from '../change.js';
import { issuerOf, type Issuer } from './find-issuer.js';
import { noticesOfReplaced, retire, type Replacement } from '../replacement.js';

/** A new pair that a certificate is issued for. */
export interface NewKey {
  readonly privateUid: string;
  readonly publicUid: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer;
  /** Signs where the certificate signs itself. */
  readonly signingKey: () => Promise<SigningKey>;
}

export interface CertificateRenewal {
  readonly changes: readonly [Change, Change];
  readonly notices: readonly string[];
}

/**
 * Returns the rows of a renewal; for the key that the certificate has, or for a new one.
 *
 * @throws KmsError Unsupported, KeyMismatch, NoPrivateKey, SigningKeyNotActive, HsmResident, what is wrong with
 *   its issuer (issuer.ts), or what unwrapping a key met.
 */
export async function replaceCertificate(
  replaced: CertificateObject,
  replacement: Replacement,
  {
    relatedObjects,
    context,
    newKey,
  }: { relatedObjects: RelatedObjects; context: RotationContext; newKey: NewKey | null },
): Promise<CertificateRenewal> {
  const { object } = replaced;
  assertSignatureKnown(replaced);
  const issuer = await issuerOf(replaced, relatedObjects, context);
  const signer = await signerOf(object, issuer, newKey);
  const renewed = await renewedBy(
    signer.key,
    replaced,
    issuer,
    newKey?.publicKeyInfo ?? null,
    context,
  );
  return {
    changes: [
      {
        kind: 'create',
        row: await rowOf(replaced, replacement, renewed, { issuer, newKey }),
        systemTag: '_cert',
        replacedUid: object.uniqueIdentifier,
        lockedUids: signer.lockedUids,
      },
      {
        kind: 'retire',
        before: object.row,
        after: retire(object, replacement.uid, context.now),
      },
    ],
    notices: [...noticesOfReplaced(object, context.now), ...noticesOf(replaced, renewed)],
  };
}

interface Signing {
  readonly key: SigningKey;
  /** Rows that must still be Active when the certificate is written. */
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

async function rowOf(
  { object }: CertificateObject,
  replacement: Replacement,
  { bytes }: RenewedCertificate,
  { issuer, newKey }: { issuer: Issuer; newKey: NewKey | null },
): Promise<ObjectRow> {
  const { documents } = object;
  const members = await attributesOf(object, replacement, {
    renewed: parseCertificate(bytes),
    length: bytes.length,
    issuerUid: issuer.authority?.object.uniqueIdentifier ?? replacement.uid,
    newKey,
  });
  return {
    id: replacement.uid,
    object: formatJson(certificateObject(bytes), documents.object.indented),
    attributes: formatJson(members, documents.attributes.indented),
    state: 'Active',
    owner: object.owner,
    wrappingKeyId: null,
  };
}

/** Those of the replaced one, but what tells of its bytes, its dates and its issuer. */
async function attributesOf(
  { attributes, uniqueIdentifier: uid }: ManagedObject,
  replacement: Replacement,
  made: {
    renewed: Certificate;
    length: number;
    issuerUid: string;
    newKey: NewKey | null;
  },
): Promise<JsonObject> {
  const { members } = attributes;
  const has = (member: string) => members[member] !== undefined;
  const when = (member: string, value: JsonValue | undefined) => (has(member) ? value : undefined);
  return withMembers(replacement.attributes, {
    ObjectType: 'Certificate',
    KeyFormatType: 'X509',
    CertificateAttributes: await certificateAttributes(
      made.renewed,
      members['CertificateAttributes'],
    ),
    CertificateLength: when('CertificateLength', made.length),
    X509CertificateIdentifier: when('X509CertificateIdentifier', {
      IssuerDistinguishedName: encodeBytes(made.renewed.issuer),
      CertificateSerialNumber: encodeBytes(made.renewed.serial),
    }),
    // The server gives certificates neither of these.
    OriginalCreationDate: when(
      'OriginalCreationDate',
      replacement.attributes['OriginalCreationDate'],
    ),
    Attribute: members['Attribute'],
    Link: [
      { LinkType: 'CertificateLink', LinkedObjectIdentifier: made.issuerUid },
      { LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: uid },
      ...keptLinks(attributes, made.newKey),
    ],
  });
}

/** Links that each generation has of its own. */
const RENEWED_LINKS: readonly LinkType[] = [
  'CertificateLink',
  'ReplacedObjectLink',
  'ReplacementObjectLink',
];

/** The other links in their order; those to keys lead to the new ones, where there are any. */
function keptLinks({ members, links }: Attributes, newKey: NewKey | null): readonly JsonValue[] {
  const kept = memberReader(members, 'attributes')
    .list('Link')
    .filter((_link, place) => !RENEWED_LINKS.some((type) => type === links[place]?.linkType));
  if (newKey === null) return kept;
  const others = links.filter(({ linkType }) => !KEY_LINKS.includes(linkType));
  return [
    { LinkType: 'PublicKeyLink', LinkedObjectIdentifier: newKey.publicUid },
    { LinkType: 'PrivateKeyLink', LinkedObjectIdentifier: newKey.privateUid },
    ...others
      .filter(({ linkType }) => !RENEWED_LINKS.includes(linkType))
      .map(({ linkType, linkedObjectIdentifier }) => ({
        LinkType: linkType,
        LinkedObjectIdentifier: linkedObjectIdentifier,
      })),
  ];
}

const KEY_LINKS: readonly LinkType[] = ['PublicKeyLink', 'PrivateKeyLink'];

function noticesOf(
  { object, certificate }: CertificateObject,
  { bytes, shortened, strengthened }: RenewedCertificate,
): readonly string[] {
  const name = `the certificate that replaces ${JSON.stringify(object.uniqueIdentifier)}`;
  const end = formatInstant(parseCertificate(bytes).notAfter);
  const unknown = unknownCriticalExtensions(certificate);
  return [
    ...(shortened ? [`${name} ends at ${end}, with its issuer’s, before its span is over`] : []),
    ...(unknown.length > 0
      ? [
          `${name} has critical extensions that kms does not know, copied as they are: ${unknown.join(', ')}`,
        ]
      : []),
    ...(hasCertificateTimestamps(certificate)
      ? [
          `${name} carries timestamps of transparency logs that were given for the replaced one alone`,
        ]
      : []),
    ...(strengthened
      ? [`${name} is signed by SHA-2, as the hash of the replaced one’s signature is broken`]
      : []),
  ];
}
