// Wraps and unwraps bytes in every way that a store can hold (storage format §5.3): chooses the primitive from the
// wrapping key and the wrapping parameters.
import { KmsError } from '../../errors.js';
import type { WrappingParameters } from '../../kmip/key-wrapping-data.js';
import {
  aesGcmUnwrap,
  aesGcmWrap,
  aesKeyUnwrap,
  aesKeyUnwrapPadding,
  aesKeyWrap,
  aesKeyWrapPadding,
  isAesKeyWrapLength,
} from './aes-wrapping.js';
import { eciesUnwrap, eciesWrap } from './ecies.js';
import {
  rsaAesKeyUnwrap,
  rsaAesKeyWrap,
  rsaOaepCapacity,
  rsaOaepUnwrap,
  rsaOaepWrap,
} from './rsa-wrapping.js';
import { sealedBoxUnwrap, sealedBoxWrap } from './sealed-box.js';
import { unsupportedWrapping } from './wrapping-failure.js';
import type { WrappingKey } from './wrapping-key.js';

export interface Unwrapped {
  /** The caller wipes it. */
  readonly plaintext: Buffer;
  /** The mode that was really used: the given one, except for RFC 5649 bytes under the name `NISTKeyWrap`. */
  readonly blockCipherMode: string | null;
}

/**
 * Returns the plaintext of a ciphertext.
 *
 * @throws KmsError UnsupportedWrapping, naming what we cannot do; CannotUnwrap if the bytes do not unwrap.
 */
export function unwrapBytes(
  key: WrappingKey,
  parameters: WrappingParameters,
  ciphertext: Uint8Array,
): Unwrapped {
  refuseUnsupported(parameters);
  const { blockCipherMode } = parameters;
  switch (key.kind) {
    case 'aes':
      return unwrapWithAes(key.key, blockCipherMode, ciphertext);
    case 'rsa': {
      const unwrap = rsaSchemeOf(parameters).unwrap;
      const privateKey = privateKeyOf(key.privateKey);
      return { plaintext: unwrap(privateKey, hashOf(parameters), ciphertext), blockCipherMode };
    }
    case 'ecies': {
      const scalar = privateKeyOf(key.scalar);
      const plaintext = eciesUnwrap(key.curve, { point: key.point, scalar }, ciphertext);
      return { plaintext, blockCipherMode };
    }
    case 'sealed-box': {
      const privateKey = privateKeyOf(key.privateKey);
      const plaintext = sealedBoxUnwrap({ publicKey: key.publicKey, privateKey }, ciphertext);
      return { plaintext, blockCipherMode };
    }
  }
}

/**
 * Returns the ciphertext of some bytes, with a new nonce or ephemeral key if the encoding has one.
 *
 * @throws KmsError UnsupportedWrapping, naming what we cannot do, or for bytes that the encoding cannot hold.
 */
export function wrapBytes(
  key: WrappingKey,
  parameters: WrappingParameters,
  plaintext: Uint8Array,
): Buffer {
  refuseUnsupported(parameters);
  switch (key.kind) {
    case 'aes':
      return aesSchemeOf(parameters.blockCipherMode).wrap(key.key, plaintext);
    case 'rsa':
      return rsaSchemeOf(parameters).wrap(key.publicKey, hashOf(parameters), plaintext);
    case 'ecies':
      return eciesWrap(key.curve, key.point, plaintext);
    case 'sealed-box':
      return sealedBoxWrap(key.publicKey, plaintext);
  }
}

/**
 * Says whether an encoding can hold bytes of this length; `wrapBytes` throws for others.
 *
 * @throws KmsError UnsupportedWrapping for parameters that we do not know.
 */
export function canWrap(
  key: WrappingKey,
  parameters: WrappingParameters,
  { length }: Uint8Array,
): boolean {
  if (key.kind === 'aes') {
    return parameters.blockCipherMode !== 'NISTKeyWrap' || isAesKeyWrapLength(length);
  }
  if (key.kind !== 'rsa' || (parameters.paddingMethod ?? 'OAEP') !== 'OAEP') return true;
  return length <= rsaOaepCapacity(key.publicKey, hashOf(parameters));
}

interface Scheme {
  readonly wrap: (key: Uint8Array, plaintext: Uint8Array) => Buffer;
  readonly unwrap: (key: Uint8Array, ciphertext: Uint8Array) => Buffer;
}

const KEY_WRAP_PADDING: Scheme = { wrap: aesKeyWrapPadding, unwrap: aesKeyUnwrapPadding };

/** By block cipher mode. */
const AES_SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['NISTKeyWrap', { wrap: aesKeyWrap, unwrap: aesKeyUnwrap }],
  ['AESKeyWrapPadding', KEY_WRAP_PADDING],
  ['LegacyNISTKeyWrap', KEY_WRAP_PADDING],
  ['GCM', { wrap: aesGcmWrap, unwrap: aesGcmUnwrap }],
]);

/** By padding method. */
const RSA_SCHEMES = new Map([
  ['OAEP', { wrap: rsaOaepWrap, unwrap: rsaOaepUnwrap }],
  ['None', { wrap: rsaAesKeyWrap, unwrap: rsaAesKeyUnwrap }],
]);

/** Without a mode it is RFC 5649 (storage format §5.3). */
function aesSchemeOf(blockCipherMode: string | null) {
  if (blockCipherMode === null) return KEY_WRAP_PADDING;
  const scheme = AES_SCHEMES.get(blockCipherMode);
  if (scheme === undefined) throw unsupportedWrapping(`block cipher mode ${blockCipherMode}`);
  return scheme;
}

function unwrapWithAes(
  key: Uint8Array,
  blockCipherMode: string | null,
  ciphertext: Uint8Array,
): Unwrapped {
  const { unwrap } = aesSchemeOf(blockCipherMode);
  try {
    return { plaintext: unwrap(key, ciphertext), blockCipherMode };
  } catch (error) {
    const plaintext = blockCipherMode === 'NISTKeyWrap' ? unwrapAsPadded(key, ciphertext) : null;
    if (plaintext === null) throw error;
    return { plaintext, blockCipherMode: 'AESKeyWrapPadding' };
  }
}

/** Unwraps RFC 5649 bytes, which servers up to 5.14 labelled `NISTKeyWrap`; null if these are none. */
function unwrapAsPadded(key: Uint8Array, ciphertext: Uint8Array): Buffer | null {
  try {
    return aesKeyUnwrapPadding(key, ciphertext);
  } catch (error) {
    if (error instanceof KmsError) return null;
    throw error;
  }
}

/** PKCS #1 v1.5 is not supported: Node refuses to decrypt it (CVE-2023-46809). */
function rsaSchemeOf({ paddingMethod }: WrappingParameters) {
  const scheme = RSA_SCHEMES.get(paddingMethod ?? 'OAEP');
  if (scheme === undefined)
    throw unsupportedWrapping(`RSA padding method ${String(paddingMethod)}`);
  return scheme;
}

function hashOf({ hashingAlgorithm }: WrappingParameters): string {
  return hashingAlgorithm ?? 'SHA256';
}

function privateKeyOf<T>(plainKey: T | null): T {
  if (plainKey !== null) return plainKey;
  throw new KmsError('CannotUnwrap', 'the private key that unwraps is missing', {
    hint: 'unwrapping takes the private key of the pair: check that it is still in the store',
  });
}

function refuseUnsupported({ unsupported }: WrappingParameters): void {
  if (unsupported !== undefined) throw unsupportedWrapping(unsupported);
}
