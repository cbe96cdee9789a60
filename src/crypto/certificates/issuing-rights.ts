// What a certificate may issue, by its basic constraints and key usage (RFC 5280 §4.2.1.9, §4.2.1.3).
import { DER, fromBigEndian, readDer } from '../der.js';
import type { Certificate, Extension } from './certificate.js';
import { EXTENSIONS, findExtension, malformedExtension } from './extensions.js';

export interface IssuingRights {
  readonly isAuthority: boolean;
  /** The path length constraint: how many authorities may come below this one; null if there is no limit. */
  readonly pathLength: number | null;
  /** False only if its key usage does not include the signing of certificates. */
  readonly signsCertificates: boolean;
}

/** Returns what a certificate may issue. One of version 1 cannot say so: it is an authority if it is self-issued. */
export function issuingRights(certificate: Certificate): IssuingRights {
  const constraints = findExtension(certificate, EXTENSIONS.basicConstraints);
  const usage = findExtension(certificate, EXTENSIONS.keyUsage);
  const signsCertificates = usage === undefined || allowsSigning(usage);
  if (constraints !== undefined) return { ...parseConstraints(constraints), signsCertificates };
  const isAuthority = certificate.version === null && isSelfIssued(certificate);
  return { isAuthority, pathLength: null, signsCertificates };
}

/** Says whether subject and issuer are the same name (RFC 5280 §3.2). */
export function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return issuer.equals(subject);
}

/** Parses a sequence of cA, a BOOLEAN that is FALSE by default, and an optional path length. */
function parseConstraints(extension: Extension): Pick<IssuingRights, 'isAuthority' | 'pathLength'> {
  const [outer, ...others] = readDer(extension.value) ?? [];
  const fields = outer?.tag === DER.sequence && others.length === 0 ? readDer(outer.value) : null;
  if (fields === null) throw malformedExtension(extension);
  const authority = fields.find(({ tag }) => tag === DER.boolean);
  const length = fields.find(({ tag }) => tag === DER.integer);
  const isAuthority = (authority?.value[0] ?? 0) !== 0;
  return {
    isAuthority,
    pathLength: isAuthority && length !== undefined ? Number(fromBigEndian(length.value)) : null,
  };
}

/** Bits count from the highest bit of the second byte; the first byte is the number of unused bits. */
function allowsSigning(extension: Extension): boolean {
  const [bits] = readDer(extension.value) ?? [];
  if (bits?.tag !== DER.bitString) throw malformedExtension(extension);
  return ((bits.value[1] ?? 0) & KEY_CERT_SIGN) !== 0;
}

/** Bit 5 (RFC 5280 §4.2.1.3). */
const KEY_CERT_SIGN = 0x80 >> 5;
