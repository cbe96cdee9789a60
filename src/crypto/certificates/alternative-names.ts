// Subject Alternative Names (RFC 5280 §4.2.1.6) as text, as in `DNS:www.example.org`, and back.
import type { GeneralName } from '@peculiar/asn1-x509';
import { KmsError } from '../../errors.js';
import { malformedCertificate } from './certificate-errors.js';
import type { Certificate } from './certificate.js';
import { textOfName } from './distinguished-name.js';
import { EXTENSIONS, findExtension } from './extensions.js';

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

/** Returns the fields of a GeneralName from its text. @throws KmsError InvalidArgument. */
export function parseGeneralName(text: string): Partial<GeneralName> {
  const [, kind = '', value = ''] = /^([A-Za-z]+):(.+)$/s.exec(text) ?? [];
  switch (kind.toLowerCase()) {
    case 'dns':
      return { dNSName: value };
    case 'ip':
      return { iPAddress: value };
    case 'email':
      return { rfc822Name: value };
    case 'uri':
      return { uniformResourceIdentifier: value };
    default:
      throw new KmsError('InvalidArgument', `${JSON.stringify(text)} is no name of a subject`, {
        hint: 'write DNS:www.example.org, IP:192.0.2.7, email:ops@example.org or URI:https://example.org',
      });
  }
}

function formatGeneralName(name: GeneralName): string {
  if (name.dNSName !== undefined) return `DNS:${name.dNSName}`;
  if (name.iPAddress !== undefined) return `IP:${name.iPAddress}`;
  if (name.rfc822Name !== undefined) return `email:${name.rfc822Name}`;
  if (name.uniformResourceIdentifier !== undefined) return `URI:${name.uniformResourceIdentifier}`;
  if (name.registeredID !== undefined) return `RID:${name.registeredID}`;
  if (name.directoryName !== undefined) return `DirName:${textOfName(name.directoryName)}`;
  return name.otherName === undefined
    ? 'another kind of name'
    : `othername:${name.otherName.typeId}`;
}
