// Subject Alternative Names (RFC 5280 §4.2.1.6) as text, as in `DNS:www.example.org`, and back;
// and which of those in a certificate are not valid.
import type { GeneralName } from '@peculiar/asn1-x509';
import { der, DER, readDer } from '../der.js';
import { malformedCertificate } from './certificate-errors.js';
import type { Certificate } from './certificate.js';
import { formatDecodedName } from './distinguished-name.js';
import { EXTENSIONS, findExtension, malformedExtension } from './extensions.js';
import { encodeGeneralName, invalidName, type InvalidName } from './general-name.js';

/** Returns the alternative names of a certificate's subject. @throws KmsError MalformedObject. */
export async function formatAlternativeNames(certificate: Certificate): Promise<readonly string[]> {
  const extension = findExtension(certificate, EXTENSIONS.subjectAltName);
  if (extension === undefined) return [];
  const { AsnConvert, SubjectAlternativeName } = await import('./asn1.js');
  try {
    return AsnConvert.parse(extension.value, SubjectAlternativeName).map(formatGeneralName);
  } catch (cause) {
    throw malformedCertificate('the alternative names of its subject do not parse', cause);
  }
}

/** Returns the value of the extension with these names. @throws KmsError InvalidArgument. */
export function encodeAlternativeNames(names: readonly string[]): Buffer {
  return der(DER.sequence, ...names.map(encodeGeneralName));
}

/** Returns the alternative names of a certificate that RFC 5280 does not allow. @throws KmsError MalformedObject. */
export function invalidNamesIn({ extensions }: Certificate): readonly InvalidName[] {
  return extensions
    .filter(({ id }) => id === EXTENSIONS.subjectAltName || id === EXTENSIONS.issuerAltName)
    .flatMap((extension) => {
      const [sequence, ...trailing] = readDer(extension.value) ?? [];
      const names = sequence?.tag === DER.sequence ? readDer(sequence.value) : null;
      if (names === null || trailing.length > 0) throw malformedExtension(extension);
      if (names.length === 0) return [{ text: 'an empty list of names', isMalformed: true }];
      return names.map(invalidName).filter((name) => name !== null);
    });
}

function formatGeneralName(name: GeneralName): string {
  if (name.dNSName !== undefined) return `DNS:${name.dNSName}`;
  if (name.iPAddress !== undefined) return `IP:${name.iPAddress}`;
  if (name.rfc822Name !== undefined) return `email:${name.rfc822Name}`;
  if (name.uniformResourceIdentifier !== undefined) return `URI:${name.uniformResourceIdentifier}`;
  if (name.registeredID !== undefined) return `RID:${name.registeredID}`;
  if (name.directoryName !== undefined) return `DirName:${formatDecodedName(name.directoryName)}`;
  return name.otherName === undefined
    ? 'another kind of name'
    : `othername:${name.otherName.typeId}`;
}
