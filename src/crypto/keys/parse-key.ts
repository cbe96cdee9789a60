// KeyObjects from DER. What OpenSSL says of DER that it refuses is kept as the cause.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { malformedKey } from './key-errors.js';

/** @throws KmsError MalformedObject, saying what the bytes should be. */
export function parsePrivateKey(
  what: string,
  der: Buffer,
  type: 'pkcs1' | 'pkcs8' | 'sec1',
): KeyObject {
  return parsed(what, () => createPrivateKey({ key: der, format: 'der', type }));
}

/** @throws KmsError MalformedObject, saying what the bytes should be. */
export function parsePublicKey(what: string, der: Buffer, type: 'pkcs1' | 'spki'): KeyObject {
  return parsed(what, () => createPublicKey({ key: der, format: 'der', type }));
}

/** Runs an operation and then wipes the buffers that it used. */
export function thenWipe<T>(buffers: readonly Buffer[], operation: () => T): T {
  try {
    return operation();
  } finally {
    for (const buffer of buffers) buffer.fill(0);
  }
}

function parsed(what: string, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch (cause) {
    throw malformedKey(`the material is no ${what}`, cause);
  }
}
