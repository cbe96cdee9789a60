// An X.509 certificate taken apart (RFC 5280 §4.1): each part a view of its very bytes, since a renewal copies
// them as they stand; numbers and dates read. What extensions mean is certificate-extensions.ts's business.
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { DER, dottedIdentifier, readDer, type DerElement } from '../der.js';

export interface Certificate {
  /** What is signed. */
  readonly signed: Buffer;
  /** The element, as all parts without a word; null for version 1. */
  readonly version: Buffer | null;
  /** The bytes of the number. */
  readonly serial: Buffer;
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: Buffer;
  readonly issuer: Buffer;
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
  readonly subject: Buffer;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer;
  readonly uniqueIdentifiers: readonly Buffer[];
  readonly extensions: readonly Extension[];
  /** The bits, as bytes. */
  readonly signature: Buffer;
}

export interface Extension {
  /** In dots. */
  readonly id: string;
  readonly critical: boolean;
  /** What the octet string holds. */
  readonly value: Buffer;
  readonly whole: Buffer;
}

const TAGS_UNIQUE_IDENTIFIERS = [0x81, 0x82, 0xa1, 0xa2];

/** Takes DER apart. @throws KmsError MalformedObject, saying which part is amiss. */
export function parseCertificate(bytes: Buffer): Certificate {
  const [outer, ...trailing] = readDer(bytes) ?? [];
  if (outer?.tag !== DER.sequence || trailing.length > 0) throw malformed('it is no DER sequence');
  const [signed, algorithm, signature] = fieldsOf(outer.value, 3, 'certificate');
  if (signed?.tag !== DER.sequence) throw malformed('it has no fields that are signed');
  const fields = [...(readDer(signed.value) ?? [])];
  const version = fields[0]?.tag === DER.context0 ? (fields.shift()?.whole ?? null) : null;
  const [serial, innerAlgorithm, issuer, validity, subject, publicKeyInfo, ...rest] = fields;
  if (serial?.tag !== DER.integer || serial.value.length === 0) throw malformed('it has no serial');
  for (const [name, part] of Object.entries({ issuer, subject, publicKeyInfo, innerAlgorithm })) {
    if (part?.tag !== DER.sequence) throw malformed(`its ${name} is no sequence`);
  }
  if (algorithm === undefined || innerAlgorithm?.whole.equals(algorithm.whole) !== true) {
    throw malformed('its two signature algorithms differ');
  }
  const [notBefore, notAfter] = fieldsOf(validity?.value, 2, 'validity').map(instantOf);
  if (notBefore === undefined || notAfter === undefined || notAfter < notBefore) {
    throw malformed('it ends before it begins');
  }
  return {
    signed: signed.whole,
    version,
    serial: serial.value,
    signatureAlgorithm: algorithm.whole,
    issuer: wholeOf(issuer),
    notBefore,
    notAfter,
    subject: wholeOf(subject),
    publicKeyInfo: wholeOf(publicKeyInfo),
    uniqueIdentifiers: rest
      .filter(({ tag }) => TAGS_UNIQUE_IDENTIFIERS.includes(tag))
      .map(({ whole }) => whole),
    extensions: rest.filter(({ tag }) => tag === DER.context3).flatMap(extensionsIn),
    signature: bitsOf(signature),
  };
}

/** Returns the bytes of an element's bit string. @throws KmsError MalformedObject if it is none of whole bytes. */
function bitsOf(element: DerElement | undefined): Buffer {
  if (element?.tag === DER.bitString && element.value[0] === 0) return element.value.subarray(1);
  throw malformed('its signature is no string of whole bytes');
}

function extensionsIn(list: DerElement): readonly Extension[] {
  const [sequence] = readDer(list.value) ?? [];
  const extensions = sequence?.tag === DER.sequence ? readDer(sequence.value) : null;
  if (extensions === null) throw malformed('its extensions are no sequence');
  const read = extensions.map(parseExtension);
  const twice = read.find(({ id }, place) => read.findIndex((other) => other.id === id) !== place);
  if (twice !== undefined) throw malformed(`it has the extension ${twice.id} twice`);
  return read;
}

function parseExtension({ tag, value, whole }: DerElement): Extension {
  const fields = tag === DER.sequence ? [...(readDer(value) ?? [])] : [];
  const id = fields.shift();
  const critical = fields[0]?.tag === DER.boolean ? fields.shift() : undefined;
  const [content, ...others] = fields;
  if (
    id?.tag !== DER.objectIdentifier ||
    content?.tag !== DER.octetString ||
    others.length > 0 ||
    (critical !== undefined && critical.value.length !== 1)
  ) {
    throw malformed('one of its extensions does not parse');
  }
  return {
    id: dottedIdentifier(id.value),
    critical: critical !== undefined && critical.value[0] !== 0,
    value: content.value,
    whole,
  };
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** A date until 2049 is a UTCTime of two digits, a later one a GeneralizedTime (RFC 5280 §4.1.2.5). */
function instantOf({ tag, value }: DerElement): EpochSeconds {
  const pattern = tag === DER.utcTime ? UTC_TIME : GENERALIZED_TIME;
  const [, ...digits] = pattern.exec(value.toString('latin1')) ?? [];
  const [year = NaN, month = 0, ...others] = digits.map(Number);
  const [day = 0, hour = 0, minute = 0, second = 0] = others;
  const full = tag === DER.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const date = new Date(0);
  date.setUTCFullYear(full, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const known = tag === DER.utcTime || tag === DER.generalizedTime;
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24;
  if (known && same && minute < 60 && second < 60) return date.getTime() / 1000;
  throw malformed('one of its dates is none');
}

function fieldsOf(value: Buffer | undefined, count: number, what: string): readonly DerElement[] {
  const fields = value === undefined ? null : readDer(value);
  if (fields?.length === count) return fields;
  throw malformed(`its ${what} does not have ${count} fields`);
}

function wholeOf(element: DerElement | undefined): Buffer {
  if (element === undefined) throw malformed('a field is missing');
  return element.whole;
}

function malformed(what: string): KmsError {
  return new KmsError('MalformedObject', `the certificate does not parse: ${what}`, {
    hint: 'compare it with a copy from elsewhere, and import it anew with the server',
  });
}
