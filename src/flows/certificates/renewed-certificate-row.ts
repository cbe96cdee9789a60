// The row of a renewed certificate (storage format §6.11). replace-certificate.ts has it signed.
import type { ManagedObject, ObjectRow } from '../../kmip/managed-object.js';
import type { Replacement } from '../replacement.js';
import { formatJson, type JsonObject, type JsonValue } from '../../kmip/json.js';
import { certificateObject } from '../../kmip/certificate-value.js';
import { parseCertificate } from '../../crypto/certificates/certificate.js';
import { withMembers, memberReader } from '../../kmip/members.js';
import { certificateAttributes } from './certificate-attributes.js';
import { encodeBytes } from '../../kmip/bytes.js';
import type { LinkType } from '../../kmip/vocabulary.js';
import type { Attributes } from '../../kmip/attributes.js';

/** What a renewed certificate consists of, besides what it takes over. */
export interface RenewedParts {
  /** X.509 as DER. */
  readonly bytes: Buffer;
  /** The uid of its issuer's certificate; its own if it signs itself. */
  readonly issuerUid: string;
  /** The keys that it is issued for; null for the same as before. */
  readonly newKey: { readonly privateUid: string; readonly publicUid: string } | null;
}

/** Returns the row of the certificate that replaces another. */
export async function renewedCertificateRow(
  replaced: ManagedObject,
  replacement: Replacement,
  parts: RenewedParts,
): Promise<ObjectRow> {
  const { documents, owner } = replaced;
  const attributes = await attributesOf(replaced, replacement, parts);
  return {
    id: replacement.uid,
    object: formatJson(certificateObject(parts.bytes), documents.object.indented),
    attributes: formatJson(attributes, documents.attributes.indented),
    state: 'Active',
    owner,
    wrappingKeyId: null,
  };
}

/** Those of the replaced one, except what depends on its bytes, its dates and its issuer. */
async function attributesOf(
  { attributes, uniqueIdentifier: uid }: ManagedObject,
  replacement: Replacement,
  { bytes, issuerUid, newKey }: RenewedParts,
): Promise<JsonObject> {
  const { members } = attributes;
  const renewed = parseCertificate(bytes);
  const has = (member: string) => members[member] !== undefined;
  const when = (member: string, value: JsonValue | undefined) => (has(member) ? value : undefined);
  return withMembers(replacement.attributes, {
    ObjectType: 'Certificate',
    KeyFormatType: 'X509',
    CertificateAttributes: await certificateAttributes(renewed, members['CertificateAttributes']),
    CertificateLength: when('CertificateLength', bytes.length),
    X509CertificateIdentifier: when('X509CertificateIdentifier', {
      IssuerDistinguishedName: encodeBytes(renewed.issuer),
      CertificateSerialNumber: encodeBytes(renewed.serial),
    }),
    // The server gives certificates neither of these.
    OriginalCreationDate: when(
      'OriginalCreationDate',
      replacement.attributes['OriginalCreationDate'],
    ),
    Attribute: members['Attribute'],
    Link: [
      { LinkType: 'CertificateLink', LinkedObjectIdentifier: issuerUid },
      { LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: uid },
      ...keptLinks(attributes, newKey),
    ],
  });
}

/** Links that each generation has of its own. */
const RENEWED_LINKS: readonly LinkType[] = [
  'CertificateLink',
  'ReplacedObjectLink',
  'ReplacementObjectLink',
];

/** Returns the other links in their order; those to keys lead to the new keys, if there are any. */
function keptLinks(
  { members, links }: Attributes,
  newKey: RenewedParts['newKey'],
): readonly JsonValue[] {
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
