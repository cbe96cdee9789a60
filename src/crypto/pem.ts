// DER as PEM (RFC 7468). Only what is public has a label here.

/** The length of a line, in characters (RFC 7468 §2). */
const LINE_LENGTH = 64;

export function toPem(label: 'PUBLIC KEY' | 'CERTIFICATE', bytes: Buffer): string {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
