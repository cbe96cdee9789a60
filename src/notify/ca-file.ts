// The file of certificate authorities that mail and webhooks verify a receiver with.
import { readFileSync } from 'node:fs';
import { KmsError } from '../errors.js';

/** Returns the PEM of a `ca_file`. @throws KmsError InvalidConfiguration if it cannot be read. */
export function readCaFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new KmsError('InvalidConfiguration', `the ca_file ${path} cannot be read`, {
      hint: 'check its path and rights',
      cause,
    });
  }
}
