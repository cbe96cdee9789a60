// The X.509 bytes of a Certificate object (KMIP 2.1 §2.3), out of its row. What they mean, crypto/ knows.
import { decodeBytes } from './bytes.js';
import type { JsonObject } from './json.js';
import { namingTheRow, type ManagedObject } from './managed-object.js';
import { asMap } from './members.js';

/** Says why the object of a certificate's row holds no X.509, or null; its bytes are not looked at. */
export function certificateObstacle(object: ManagedObject): string | null {
  const { CertificateType: type, CertificateValue: value } = membersOf(object);
  if (type !== 'X509' && type !== 1) return 'it is no X.509 certificate';
  return value === undefined ? 'it holds no certificate' : null;
}

/** Returns a copy of the certificate. @throws KmsError MalformedObject, naming the row. */
export function certificateBytes(object: ManagedObject): Buffer {
  return namingTheRow(object.uniqueIdentifier, () =>
    decodeBytes(membersOf(object)['CertificateValue'], 'object.Certificate.CertificateValue'),
  );
}

function membersOf({ documents, objectType }: ManagedObject): JsonObject {
  return asMap(asMap(documents.object.value, 'object')[objectType], `object.${objectType}`);
}
