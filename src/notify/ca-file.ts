// The file of certificate authorities that mail and webhooks verify a receiver with.
import { readFileSync } from 'node:fs';
import { areAuthorities } from '../crypto/certificates/authorities.js';
import { KmsError } from '../errors.js';
import { readablePath } from '../files/credential.js';

/** Returns the PEM of a `ca_file`. @throws KmsError InvalidConfiguration if it cannot be read, or is of no use. */
export function readCaFile(path: string): string {
  const pem = contentOf(path);
  if (areAuthorities(pem)) return pem;
  throw new KmsError(
    'InvalidConfiguration',
    `the ca_file ${path} has no certificate in PEM, or one that cannot be read`,
    { hint: 'give the certificates of the authorities: -----BEGIN CERTIFICATE----- …' },
  );
}

function contentOf(path: string): string {
  try {
    return readFileSync(readablePath(path), 'utf8');
  } catch (cause) {
    throw new KmsError('InvalidConfiguration', `the ca_file ${path} cannot be read`, {
      hint: 'check its path and rights',
      cause,
    });
  }
}
