// Re-Certify (KMIP 2.1 §6.1.45): a certificate for the same key from the same issuer, whose latest certificate
// and private key stand in the store, and the retirement of the replaced one (storage format §6.11).
import { hasTimestamps, unknownCritical } from '../crypto/certificate-extensions.js';
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
import { withAttributes, type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import { memberReader, withMembers } from '../kmip/members.js';
import { keysOfCertificate, type Neighbours } from '../rotation/neighbours.js';
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
        row: await rowOf(replaced, replacement, renewed, issuer),
        systemTag: '_cert',
        successorOf: uid,
        heldUids: [
          privateKey.uniqueIdentifier,
          ...(issuer.authority === null ? [] : [signer.uniqueIdentifier]),
        ],
      },
      ...keysOf(object, neighbours).map((key) => relinked(key, replacement.uid)),
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

async function rowOf(
  { object, certificate }: CertificateObject,
  replacement: Replacement,
  { bytes }: Renewed,
  { authority }: Issuer,
): Promise<ObjectRow> {
  const { documents } = object;
  const members = await attributesOf(object, replacement, {
    renewed: readCertificate(bytes),
    replaced: certificate,
    length: bytes.length,
    issuerUid: authority?.object.uniqueIdentifier ?? replacement.uid,
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
  made: { renewed: Certificate; replaced: Certificate; length: number; issuerUid: string },
): Promise<JsonObject> {
  const { members } = attributes;
  const has = (member: string) => members[member] !== undefined;
  const when = (member: string, value: JsonValue | undefined) => (has(member) ? value : undefined);
  const links = memberReader(members, 'attributes').list('Link');
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
      ...links.filter((_link, place) => !isRenewedLink(attributes.links[place]?.linkType)),
    ],
  });
}

/** Links that each generation has of its own. */
function isRenewedLink(linkType: string | undefined): boolean {
  const renewed = ['CertificateLink', 'ReplacedObjectLink', 'ReplacementObjectLink'];
  return renewed.includes(linkType ?? '');
}

/** Returns the keys of a certificate that name it as theirs. */
function keysOf(object: ManagedObject, neighbours: Neighbours): readonly ManagedObject[] {
  return [...new Set(keysOfCertificate(object))].flatMap((uid) => {
    const key = neighbours.get(uid);
    if (key === undefined) return [];
    if (key instanceof KmsError) throw key;
    const certificateUid = linkTo(key.attributes, 'CertificateLink');
    return certificateUid === object.uniqueIdentifier ? [key] : [];
  });
}

function relinked(key: ManagedObject, uid: string): Change {
  const embedded = key.keyBlock?.attributes?.members ?? null;
  const linked = (members: JsonObject) => withLink(members, 'CertificateLink', uid);
  const after = withAttributes(key, {
    state: key.state,
    attributes: linked(key.attributes.members),
    embedded: embedded === null ? null : linked(embedded),
  });
  return { kind: 'replace', before: key.row, after };
}

/** What names a certificate as its wrapping key is wrapped by its key, and stays so under the new name. */
function rewrappingOfCertificate(
  subject: Subject,
  occasion: Occasion,
  object: ManagedObject,
  uid: string,
): Rewrapping | null {
  const uids = new Map([[object.uniqueIdentifier, uid]]);
  const { neighbours } = subject;
  const isWrapping =
    subject.dependants > 0 ||
    occasion.mislabelled.some(({ wrappingKeyUid }) => uids.has(wrappingKeyUid));
  if (!isWrapping) return null;
  const privateKey = privateKeyOf(object, neighbours, object);
  return rewrappingOf(subject, occasion, {
    uids,
    replaced: privateKey,
    replacementKey: () => unwrappingKey(privateKey.uniqueIdentifier, neighbours),
  });
}

function noticesOf(
  { object, certificate }: CertificateObject,
  { bytes, shortened, strengthened }: Renewed,
): readonly string[] {
  const name = `the certificate that replaces ${JSON.stringify(object.uniqueIdentifier)}`;
  const end = formatInstant(readCertificate(bytes).notAfter);
  const unknown = unknownCritical(certificate);
  return [
    ...(shortened ? [`${name} ends at ${end}, with its issuer’s, before its span is over`] : []),
    ...(unknown.length > 0
      ? [
          `${name} has critical extensions that kms does not know, copied as they are: ${unknown.join(', ')}`,
        ]
      : []),
    ...(hasTimestamps(certificate)
      ? [
          `${name} carries timestamps of transparency logs that were given for the replaced one alone`,
        ]
      : []),
    ...(strengthened
      ? [`${name} is signed by SHA-2, as the hash of the replaced one’s signature is broken`]
      : []),
  ];
}
