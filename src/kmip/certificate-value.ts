// The Certificate Value of a Certificate object (KMIP 2.1 §2.3): X.509 bytes, read from a row and written to one.
// crypto/ parses them.
import { decodeBytes, encodeBytes } from './bytes.js';
import type { JsonObject } from './json.js';
import { withRowUid, type ManagedObject } from './managed-object.js';
import { asMap } from './members.js';

/** Returns why the row of a certificate holds no X.509, or null. It does not look at the bytes. */
export function unsupportedCertificate(object: ManagedObject): string | null {
  if (!isX509(object)) return 'it is not an X.509 certificate';
  const { CertificateValue: value } = membersOf(object);
  return value === undefined ? 'it holds no certificate' : null;
}

/** Says whether the Certificate Type of a row is X.509. */
export function isX509(object: ManagedObject): boolean {
  const { CertificateType: type } = membersOf(object);
  return type === 'X509' || type === 1;
}

/** Returns a copy of the certificate. @throws KmsError MalformedObject, naming the row. */
export function certificateBytes(object: ManagedObject): Buffer {
  return withRowUid(object.uniqueIdentifier, () =>
    decodeBytes(membersOf(object)['CertificateValue'], 'object.Certificate.CertificateValue'),
  );
}

/** Returns the object of a certificate's row. */
export function certificateObject(bytes: Buffer): JsonObject {
  return { Certificate: { CertificateType: 'X509', CertificateValue: encodeBytes(bytes) } };
}

function membersOf({ documents, objectType }: ManagedObject): JsonObject {
  return asMap(asMap(documents.object.value, 'object')[objectType], `object.${objectType}`);
}
