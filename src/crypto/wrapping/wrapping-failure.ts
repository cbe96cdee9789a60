// The errors of wrapping and unwrapping: two reasons, each naming the encoding. A library's own error is kept as the
// cause; no error shows bytes.
import { KmsError } from '../../errors.js';

/** For what this program cannot or must not do, whatever the bytes are. */
export function unsupportedWrapping(what: string): KmsError {
  return new KmsError('UnsupportedWrapping', `${what} is not supported for wrapping`, {
    hint: 'nothing was changed: with the server, wrap the key by another method or under another key',
  });
}

/** For bytes that do not unwrap with the named key and encoding. */
export function cannotUnwrap(encoding: string, cause?: unknown): KmsError {
  return new KmsError('CannotUnwrap', `the ciphertext does not open as ${encoding}`, {
    hint: 'the ciphertext or its wrapping key is damaged, or the key is not the right one: restore it from a backup',
    cause,
  });
}

/** Runs a primitive that unwraps; whatever it throws becomes CannotUnwrap. */
export function orCannotUnwrap<T>(encoding: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof KmsError) throw error;
    throw cannotUnwrap(encoding, error);
  }
}
