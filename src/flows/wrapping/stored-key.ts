// A new key as its row has it: plain with its embedded attributes, or wrapped, without encoding if its material is
// bytes. key-wrapping.ts says how it is wrapped.
import { encodeKeyMaterial, type KeyMaterial } from '../../kmip/key-material.js';
import type { JsonObject } from '../../kmip/json.js';
import type { Wrapping } from './key-wrapping.js';
import { withLink } from '../../kmip/attributes.js';
import {
  withWrappingKeyAttribute,
  withoutWrappingKeyAttribute,
} from '../../kmip/vendor-attributes.js';
import { canWrap, wrapBytes, unwrapBytes } from '../../crypto/wrapping/wrapping.js';
import { encodeBytes } from '../../kmip/bytes.js';
import { encodeKeyWrappingData } from '../../kmip/key-wrapping-data.js';
import { KmsError } from '../../errors.js';
import type { WrappingKey } from '../../crypto/wrapping/wrapping-key.js';
import { encodeKeyValue } from '../../kmip/ttlv/ttlv.js';

/** The members of a key block, and its material. */
export interface PlainKey {
  readonly objectType: 'SymmetricKey' | 'PrivateKey' | 'PublicKey';
  readonly keyFormatType: string;
  readonly material: KeyMaterial;
  readonly cryptographicAlgorithm: string | null;
  /** Bits. */
  readonly cryptographicLength: number;
}

/** Returns the object of a key as it is stored: plain with its embedded attributes, or wrapped. */
export function storedKey(
  plain: PlainKey,
  attributes: JsonObject,
  wrapping: Wrapping | null,
): JsonObject {
  const { objectType, keyFormatType, material } = plain;
  // KeyFormatType must come before KeyValue.
  const block = {
    KeyFormatType: keyFormatType,
    KeyValue:
      wrapping === null
        ? { KeyMaterial: encodeKeyMaterial(keyFormatType, material), Attributes: attributes }
        : undefined,
    CryptographicAlgorithm: plain.cryptographicAlgorithm ?? undefined,
    CryptographicLength: plain.cryptographicLength,
  };
  if (wrapping === null) return { [objectType]: { KeyBlock: block } };
  return { [objectType]: { KeyBlock: { ...block, ...wrappedValue(plain, attributes, wrapping) } } };
}

/** Returns column attributes that say by what an object is wrapped; the vendor attribute only if it had one. */
export function withWrappingKey(column: JsonObject, wrapping: Wrapping | null): JsonObject {
  if (wrapping === null) return column;
  const linked = withLink(column, 'WrappingKeyLink', wrapping.wrappingKeyUid);
  return withWrappingKeyAttribute(linked, wrapping.wrappingKeyUid, 'kept');
}

function wrappedValue(plain: PlainKey, attributes: JsonObject, wrapping: Wrapping): JsonObject {
  const { key, parameters, cryptographicParameters, wrappingKeyUid } = wrapping;
  const { material } = plain;
  const data = { wrappingKeyUid, parameters, cryptographicParameters };
  if (material.kind === 'bytes' && canWrap(key, parameters, material.bytes)) {
    return {
      KeyValue: encodeBytes(wrapped(wrapping, material.bytes)),
      KeyWrappingData: encodeKeyWrappingData({ ...data, encoding: 'NoEncoding' }),
    };
  }
  const plaintext = keyValueFor(plain, attributes, wrapping);
  try {
    return {
      KeyValue: encodeBytes(wrapped(wrapping, plaintext)),
      KeyWrappingData: encodeKeyWrappingData({ ...data, encoding: 'TTLVEncoding' }),
    };
  } finally {
    plaintext.fill(0);
  }
}

/** @throws KmsError WrappingKeyUnfit if what is to unwrap it cannot. */
function wrapped(wrapping: Wrapping, plaintext: Buffer): Buffer {
  const { key, unwrappingKey, parameters, wrappingKeyUid: uid } = wrapping;
  const ciphertext = wrapBytes(key, parameters, plaintext);
  if (unwrappingKey === null || isUnwrappedBy(unwrappingKey, wrapping, { plaintext, ciphertext }))
    return ciphertext;
  throw new KmsError(
    'WrappingKeyUnfit',
    `the wrapping key ${JSON.stringify(uid)} is linked to a key of another pair, which cannot unwrap what it wraps`,
    { uid, hint: 'link it to the other key of its own pair with the server that wrote it' },
  );
}

function isUnwrappedBy(
  key: WrappingKey,
  { parameters }: Wrapping,
  { plaintext, ciphertext }: { plaintext: Buffer; ciphertext: Buffer },
): boolean {
  try {
    const opened = unwrapBytes(key, parameters, ciphertext).plaintext;
    const same = opened.equals(plaintext);
    opened.fill(0);
    return same;
  } catch (error) {
    if (error instanceof KmsError) return false;
    throw error;
  }
}

/** Leaves the attributes out if RSA-OAEP has no room for them: the column has them too. */
function keyValueFor(
  { keyFormatType, material }: PlainKey,
  attributes: JsonObject,
  { key, parameters }: Wrapping,
): Buffer {
  const whole = encodeKeyValue(keyFormatType, material, innerAttributes(attributes));
  if (canWrap(key, parameters, whole)) return whole;
  whole.fill(0);
  return encodeKeyValue(keyFormatType, material, null);
}

/** The copy inside the ciphertext does not say by what it is wrapped (storage format §5.4). */
function innerAttributes(attributes: JsonObject): JsonObject {
  return withoutWrappingKeyAttribute(attributes);
}
