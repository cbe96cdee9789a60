// The error for a certificate that does not parse. The caller adds the uid.
import { KmsError } from '../../errors.js';

export function malformedCertificate(what: string, cause?: unknown): KmsError {
  return new KmsError('MalformedObject', `the certificate does not parse: ${what}`, {
    hint: 'compare it with another copy, and import it again with the server',
    cause,
  });
}
