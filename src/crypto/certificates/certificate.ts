// An X.509 certificate parsed into its fields (RFC 5280 §4.1). Each field is a view of the original bytes, since a
// renewal copies them unchanged; only dates are decoded. extensions.ts interprets extensions.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { DER, dottedIdentifier, readDer, type DerElement } from '../der.js';
import { malformedCertificate } from './certificate-errors.js';

export interface Certificate {
  /** The TBSCertificate, which is signed. */
  readonly signed: Buffer;
  /** The whole element, as all fields without a comment; null for version 1. */
  readonly version: Buffer | null;
  /** The bytes of the INTEGER's value. */
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
  /** The content of the BIT STRING. */
  readonly signature: Buffer;
}

export interface Extension {
  /** The object identifier, with dots. */
  readonly id: string;
  readonly critical: boolean;
  /** The content of the OCTET STRING. */
  readonly value: Buffer;
  readonly whole: Buffer;
}

const TAGS_UNIQUE_IDENTIFIERS = [0x81, 0x82, 0xa1, 0xa2];

/** Parses DER. @throws KmsError MalformedObject, naming the field that is wrong. */
export function parseCertificate(bytes: Buffer): Certificate {
  const [outer, ...trailing] = readDer(bytes) ?? [];
  if (outer?.tag !== DER.sequence || trailing.length > 0)
    throw malformedCertificate('it is not a DER sequence');
  const [signed, algorithm, signature] = fieldsOf(outer.value, 3, 'certificate');
  if (signed?.tag !== DER.sequence) throw malformedCertificate('it has no signed fields');
  const fields = [...(readDer(signed.value) ?? [])];
  const version = fields[0]?.tag === DER.context0 ? (fields.shift()?.whole ?? null) : null;
  const [serial, innerAlgorithm, issuer, validity, subject, publicKeyInfo, ...rest] = fields;
  if (serial?.tag !== DER.integer || serial.value.length === 0)
    throw malformedCertificate('it has no serial');
  for (const [name, part] of Object.entries({ issuer, subject, publicKeyInfo, innerAlgorithm })) {
    if (part?.tag !== DER.sequence) throw malformedCertificate(`its ${name} is not a sequence`);
  }
  if (algorithm === undefined || innerAlgorithm?.whole.equals(algorithm.whole) !== true) {
    throw malformedCertificate('its two signature algorithms differ');
  }
  const [notBefore, notAfter] = fieldsOf(validity?.value, 2, 'validity').map(instantOf);
  if (notBefore === undefined || notAfter === undefined || notAfter < notBefore) {
    throw malformedCertificate('it ends before it begins');
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

/** Returns the content of a BIT STRING. @throws KmsError MalformedObject unless it consists of whole bytes. */
function bitsOf(element: DerElement | undefined): Buffer {
  if (element?.tag === DER.bitString && element.value[0] === 0) return element.value.subarray(1);
  throw malformedCertificate('its signature is not a string of whole bytes');
}

function extensionsIn(list: DerElement): readonly Extension[] {
  const [sequence] = readDer(list.value) ?? [];
  const extensions = sequence?.tag === DER.sequence ? readDer(sequence.value) : null;
  if (extensions === null) throw malformedCertificate('its extensions are not a sequence');
  const read = extensions.map(parseExtension);
  const twice = read.find(({ id }, place) => read.findIndex((other) => other.id === id) !== place);
  if (twice !== undefined) throw malformedCertificate(`it has the extension ${twice.id} twice`);
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
    throw malformedCertificate('one of its extensions does not parse');
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

/** A date until 2049 is a UTCTime with a two-digit year, a later one a GeneralizedTime (RFC 5280 §4.1.2.5). */
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
  throw malformedCertificate('one of its dates is not valid');
}

function fieldsOf(value: Buffer | undefined, count: number, what: string): readonly DerElement[] {
  const fields = value === undefined ? null : readDer(value);
  if (fields?.length === count) return fields;
  throw malformedCertificate(`its ${what} does not have ${count} fields`);
}

function wholeOf(element: DerElement | undefined): Buffer {
  if (element === undefined) throw malformedCertificate('a field is missing');
  return element.whole;
}
