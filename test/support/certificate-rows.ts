// Rows of certificates and of their keys, as Certify and Import write them. No assertions here.
import { createPublicKey } from 'node:crypto';
import { encodeKeyMaterial } from '../../src/kmip/key-material.js';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { dateOf, JANUARY } from './symmetric-keys.js';
import type { MadeCertificate, MadeKey } from './x509.js';

/** Returns the X.509 bytes in a row. */
export function certificateIn({ object }: Pick<ObjectRow, 'object'>): Buffer {
  const { Certificate } = JSON.parse(object) as { Certificate: { CertificateValue: number[] } };
  return Buffer.from(Certificate.CertificateValue);
}

type Members = Readonly<Record<string, unknown>>;

export interface Links {
  readonly CertificateLink?: string;
  readonly PublicKeyLink?: string;
  readonly PrivateKeyLink?: string;
}

/** Returns the row of a certificate with a policy of 30 days, Active since January. */
export function certificateRow(
  id: string,
  der: Buffer,
  links: Links,
  changes: { members?: Members; row?: Partial<ObjectRow> } = {},
): ObjectRow {
  const attributes = {
    ActivationDate: dateOf(JANUARY),
    InitialDate: dateOf(JANUARY),
    KeyFormatType: 'X509',
    Link: Object.entries(links as Record<string, string>).map(([LinkType, uid]) => ({
      LinkType,
      LinkedObjectIdentifier: uid,
    })),
    ObjectType: 'Certificate',
    RotateAutomatic: true,
    RotateInterval: 2_592_000,
    State: 'Active',
    UniqueIdentifier: id,
    ...changes.members,
  };
  return {
    id,
    object: JSON.stringify({
      Certificate: { CertificateType: 'X509', CertificateValue: [...der] },
    }),
    attributes: JSON.stringify(attributes),
    state: 'Active',
    owner: 'ops@example.org',
    wrappingKeyId: null,
    ...changes.row,
  };
}

/** Returns the rows of a pair as it was imported, PKCS#8 and SubjectPublicKeyInfo; `certificate` is linked to. */
export function importedPair(
  id: string,
  { key }: MadeKey,
  certificate: string | null,
  changes: { algorithm?: string; state?: string } = {},
): readonly [ObjectRow, ObjectRow] {
  const algorithms: Record<string, string> = {
    rsa: 'RSA',
    ec: 'ECDH',
    ed25519: 'Ed25519',
    ed448: 'Ed448',
  };
  const algorithm = changes.algorithm ?? algorithms[key.asymmetricKeyType ?? ''] ?? 'none';
  const half = (
    objectType: 'PrivateKey' | 'PublicKey',
    uid: string,
    bytes: Buffer,
    links: Members,
  ) => {
    const attributes = {
      CryptographicAlgorithm: algorithm,
      InitialDate: dateOf(JANUARY),
      KeyFormatType: 'PKCS8',
      Link: Object.entries(links).map(([LinkType, to]) => ({
        LinkType,
        LinkedObjectIdentifier: to,
      })),
      ObjectType: objectType,
      State: changes.state ?? 'Active',
      UniqueIdentifier: uid,
    };
    const object = {
      [objectType]: {
        KeyBlock: {
          KeyFormatType: 'PKCS8',
          KeyValue: {
            KeyMaterial: encodeKeyMaterial('PKCS8', { kind: 'bytes', bytes }),
            Attributes: attributes,
          },
          CryptographicAlgorithm: algorithm,
        },
      },
    };
    return {
      id: uid,
      object: JSON.stringify(object),
      attributes: JSON.stringify(attributes),
      state: changes.state ?? 'Active',
      owner: 'ops@example.org',
      wrappingKeyId: null,
    };
  };
  const own = certificate === null ? {} : { CertificateLink: certificate };
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return [
    half('PrivateKey', id, key.export({ format: 'der', type: 'pkcs8' }), {
      PublicKeyLink: `${id}_pk`,
      ...own,
    }),
    half('PublicKey', `${id}_pk`, publicKey, { PrivateKeyLink: id, ...own }),
  ];
}

/** Returns a certificate with its pair: `UID`, `UID-key`, `UID-key_pk`, under an issuer of the store or itself. */
export function withItsPair(
  uid: string,
  { der, key }: MadeCertificate,
  issuer = uid,
  changes: Parameters<typeof certificateRow>[3] = {},
): readonly ObjectRow[] {
  const links = {
    CertificateLink: issuer,
    PublicKeyLink: `${uid}-key_pk`,
    PrivateKeyLink: `${uid}-key`,
  };
  return [certificateRow(uid, der, links, changes), ...importedPair(`${uid}-key`, key, uid)];
}
