// Errors about key material, with what an operator can do about them. The caller adds the uid.
import { KmsError } from '../../errors.js';

/** For material that does not parse, or is not a key of its algorithm. */
export function malformedKey(message: string, cause?: unknown): KmsError {
  return new KmsError('MalformedObject', message, {
    hint: 'compare the key with what its owner holds, and repair the row with the server that wrote it',
    cause,
  });
}

/** For keys that this program cannot read or make. */
export function unsupportedKey(what: string): KmsError {
  return new KmsError('Unsupported', `${what} is not supported`, {
    hint: 'rotate it with the server that made it, or disarm it',
  });
}
