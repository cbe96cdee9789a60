// The names in a certificate as text: subject and issuer as RFC 4514 writes them and by their attributes, and
// the alternative names of its subject. The packages that read them are loaded by the first one.
import type { GeneralName, Name } from '@peculiar/asn1-x509';
import { KmsError } from '../../errors.js';
import { EXTENSIONS, findExtension } from './extensions.js';
import type { Certificate } from './certificate.js';

/** Attribute types by the short names that people write (RFC 4514 §3, and what openssl adds to it). */
export const ATTRIBUTE_TYPES = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  title: '2.5.4.12',
  GN: '2.5.4.42',
  dnQualifier: '2.5.4.46',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  emailAddress: '1.2.840.113549.1.9.1',
} as const;
export type AttributeType = keyof typeof ATTRIBUTE_TYPES;

/** Returns a name as text, the most specific part first. @throws KmsError MalformedObject. */
export async function formatName(name: Buffer): Promise<string> {
  return textOf(await parsedName(name));
}

/** Returns the value of the first attribute of each type in a name; an empty text where there is none. */
export async function nameAttributes(name: Buffer): Promise<(type: AttributeType) => string> {
  const parts = (await parsedName(name)).flat();
  return (type) =>
    parts.find((part) => part.type === ATTRIBUTE_TYPES[type])?.value.toString() ?? '';
}

/** Returns the alternative names of a certificate's subject, as in `DNS:www.example.org`. */
export async function formatAlternativeNames(certificate: Certificate): Promise<readonly string[]> {
  const extension = findExtension(certificate, EXTENSIONS.subjectAltName);
  if (extension === undefined) return [];
  const { AsnConvert, SubjectAlternativeName } = await import('./asn1.js');
  try {
    return AsnConvert.parse(extension.value, SubjectAlternativeName).map(generalNameText);
  } catch (cause) {
    throw malformed('the alternative names of its subject do not parse', cause);
  }
}

async function parsedName(name: Buffer): Promise<Name> {
  const { AsnConvert, Name } = await import('./asn1.js');
  try {
    return AsnConvert.parse(name, Name);
  } catch (cause) {
    throw malformed('one of its names does not parse', cause);
  }
}

function textOf(name: Name): string {
  const part = ({ type, value }: Name[number][number]) =>
    `${shortName(type)}=${escaped(value.toString())}`;
  return [...name]
    .reverse()
    .map((parts) => parts.map(part).join('+'))
    .join(',');
}

function generalNameText(name: GeneralName): string {
  if (name.dNSName !== undefined) return `DNS:${name.dNSName}`;
  if (name.iPAddress !== undefined) return `IP:${name.iPAddress}`;
  if (name.rfc822Name !== undefined) return `email:${name.rfc822Name}`;
  if (name.uniformResourceIdentifier !== undefined) return `URI:${name.uniformResourceIdentifier}`;
  if (name.registeredID !== undefined) return `RID:${name.registeredID}`;
  if (name.directoryName !== undefined) return `DirName:${textOf(name.directoryName)}`;
  return name.otherName === undefined
    ? 'another kind of name'
    : `othername:${name.otherName.typeId}`;
}

function shortName(type: string): string {
  const entry = Object.entries(ATTRIBUTE_TYPES).find(([, identifier]) => identifier === type);
  return entry?.[0] ?? type;
}

/** RFC 4514 §2.4. */
function escaped(value: string): string {
  return value
    .replace(/[\\"+,;<>]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}

function malformed(message: string, cause: unknown): KmsError {
  return new KmsError('MalformedObject', `the certificate does not parse: ${message}`, {
    hint: 'compare it with a copy from elsewhere, and import it anew with the server',
    cause,
  });
}
