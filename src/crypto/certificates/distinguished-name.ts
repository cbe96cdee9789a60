// Distinguished Names: DER to and from text as RFC 4514 writes it, and their attributes. The packages that parse them
// are loaded with the first name.
import type { Name } from '@peculiar/asn1-x509';
import { KmsError } from '../../errors.js';
import { mailboxOf } from './general-name.js';
import { dnsNameOf } from './host-name.js';
import { malformedCertificate } from './certificate-errors.js';

/** Attribute types by their short names (RFC 4514 §3, and those that openssl adds). */
const ATTRIBUTE_TYPES = {
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

/** Returns a name as text, its most specific part first. @throws KmsError MalformedObject. */
export async function formatName(name: Buffer): Promise<string> {
  return formatDecodedName(await decoded(name));
}

/** Returns a decoded name as text, its most specific part first. */
export function formatDecodedName(name: Name): string {
  const part = ({ type, value }: Name[number][number]) =>
    `${shortName(type)}=${escaped(value.toString())}`;
  return [...name]
    .reverse()
    .map((parts) => parts.map(part).join('+'))
    .join(',');
}

/** Returns a lookup of the first attribute of each type in a name; an empty text if there is none. */
export async function nameAttributes(name: Buffer): Promise<(type: AttributeType) => string> {
  const parts = (await decoded(name)).flat();
  return (type) =>
    parts.find((part) => part.type === ATTRIBUTE_TYPES[type])?.value.toString() ?? '';
}

/** Returns the DER of a name in text, its most specific part first. @throws KmsError InvalidArgument. */
export async function parseName(text: string): Promise<Buffer> {
  const { AsnConvert, Name, RelativeDistinguishedName, AttributeTypeAndValue, AttributeValue } =
    await import('./asn1.js');
  const parts = text.split(/(?<!\\),/).map((part) => {
    const [, word = '', value = ''] = /^\s*([A-Za-z]+)=(.+)$/s.exec(part) ?? [];
    const type = Object.keys(ATTRIBUTE_TYPES).find(
      (known) => known.toLowerCase() === word.toLowerCase(),
    ) as AttributeType | undefined;
    if (type === undefined) throw invalidPart(part);
    const attributeValue = new AttributeValue(stringOfType(type, unescaped(value)));
    return new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: ATTRIBUTE_TYPES[type], value: attributeValue }),
    ]);
  });
  return Buffer.from(AsnConvert.serialize(new Name(parts.reverse())));
}

/** Blanks at the end count only if they are escaped (RFC 4514 §2.4). */
function unescaped(value: string): string {
  const end = value.replace(/(?<!\\)\s+$/, '');
  return end.replace(/\\(.)/gs, '$1');
}

async function decoded(name: Buffer): Promise<Name> {
  const { AsnConvert, Name } = await import('./asn1.js');
  try {
    return AsnConvert.parse(name, Name);
  } catch (cause) {
    throw malformedCertificate('one of its names does not parse', cause);
  }
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

/** The greatest number of characters of each type (RFC 5280 appendix A.1); others have no limit there. */
const LONGEST: Readonly<Partial<Record<AttributeType, number>>> = {
  CN: 64,
  serialNumber: 64,
  L: 128,
  ST: 128,
  O: 64,
  OU: 64,
  title: 64,
  emailAddress: 255,
};

const PRINTABLE = /^[A-Za-z0-9 '()+,./:=?-]+$/;

/** A country is two printable letters, addresses and domains are ASCII, everything else is UTF-8. */
function stringOfType(type: AttributeType, value: string): object {
  const invalid = () => invalidPart(`${type}=${value}`);
  // Without control characters and lone surrogates, of which readers make different names.
  if (value.trim() === '' || /[\p{Cc}\p{Cs}]/u.test(value)) throw invalid();
  if (Array.from(value).length > (LONGEST[type] ?? Infinity)) throw invalid();
  if (type === 'C' && !/^[A-Za-z]{2}$/.test(value)) throw invalid();
  if (type === 'C' || type === 'serialNumber' || type === 'dnQualifier') {
    if (!PRINTABLE.test(value)) throw invalid();
    return { printableString: value };
  }
  if (type !== 'DC' && type !== 'emailAddress') return { utf8String: value };
  const ascii = type === 'DC' ? dnsNameOf(value) : mailboxOf(value);
  if (ascii === null) throw invalid();
  return { ia5String: ascii };
}

function invalidPart(part: string): KmsError {
  return new KmsError('InvalidArgument', `${JSON.stringify(part)} is not a part of a name`, {
    hint: `write parts like CN=www.example.org,O=Example,C=FR; known are ${Object.keys(ATTRIBUTE_TYPES).join(', ')}`,
  });
}
