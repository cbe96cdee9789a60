// From when until when an X.509 certificate is valid (RFC 5280 §4.1.2.5).
import { X509Certificate } from 'node:crypto';
import { KmsError } from '../errors.js';

export interface Validity {
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Returns the validity of a certificate in DER. @throws KmsError MalformedObject */
export function validityOf(der: Buffer): Validity {
  try {
    const { validFrom, validTo } = new X509Certificate(der);
    return { notBefore: seconds(validFrom), notAfter: seconds(validTo) };
  } catch (cause) {
    if (cause instanceof KmsError) throw cause;
    throw malformed();
  }
}

function seconds(text: string): number {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) throw malformed();
  return Math.floor(milliseconds / 1000);
}

function malformed(): KmsError {
  return new KmsError('MalformedObject', 'the certificate is no X.509 certificate in DER', {
    hint: 'look at it with openssl x509, and import it anew',
  });
}
