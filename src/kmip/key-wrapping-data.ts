// Key Wrapping Data (KMIP 2.1 §3.1, storage format §5.1): under which key, how and over what a key is
// wrapped, read from a Key Block and written to one. Wrapping itself is crypto/.
import { decodeBytes, encodeBytes } from './bytes.js';
import { isJsonArray, isJsonObject, type JsonObject } from './json.js';
import { asMap, memberReader, requiredText, withMembers } from './members.js';
import {
  BLOCK_CIPHER_MODES,
  ENCODING_OPTIONS,
  HASHING_ALGORITHMS,
  PADDING_METHODS,
  WRAPPING_METHODS,
  type EncodingOption,
} from './vocabulary.js';

export interface KeyWrappingData {
  readonly wrappingKeyUid: string;
  /** False for a destroyed key, which keeps the data over empty material (storage format §2.6). */
  readonly hasCiphertext: boolean;
  /** Null when destroyed. */
  readonly ciphertext: Buffer | null;
  readonly encoding: EncodingOption;
  readonly parameters: WrappingParameters;
  /** As the row has them, with whatever else they say; null when it has none. */
  readonly cryptographicParameters: JsonObject | null;
}

/** How the ciphertext was made, as far as the row says; null leaves it to the kind of wrapping key. */
export interface WrappingParameters {
  readonly blockCipherMode: string | null;
  readonly paddingMethod: string | null;
  readonly hashingAlgorithm: string | null;
  /** What the row asks for and kms cannot do: another wrapping method, a MAC. */
  readonly unsupported?: string;
}

/**
 * Returns a Key Block's wrapping data, or null if it has none.
 *
 * @throws MalformedMember naming the first member that is not what the format says.
 */
export function decodeKeyWrappingData(keyBlock: JsonObject, at: string): KeyWrappingData | null {
  const path = `${at}.KeyWrappingData`;
  const data = memberReader(keyBlock, at).map('KeyWrappingData');
  if (data === null) return null;
  const keyPath = `${path}.EncryptionKeyInformation`;
  const key = asMap(data['EncryptionKeyInformation'], keyPath);
  const wrappingKeyUid = requiredText(key, 'UniqueIdentifier', keyPath);
  const cryptographicParameters = memberReader(key, keyPath).map('CryptographicParameters');
  const keyValue = keyBlock['KeyValue'];
  return {
    wrappingKeyUid,
    hasCiphertext: isJsonArray(keyValue),
    ciphertext: isJsonArray(keyValue) ? decodeBytes(keyValue, `${at}.KeyValue`) : null,
    encoding:
      memberReader(data, path).enumeration('EncodingOption', ENCODING_OPTIONS) ?? 'TTLVEncoding',
    parameters: {
      ...decodeParameters(cryptographicParameters ?? {}, `${keyPath}.CryptographicParameters`),
      ...unsupportedIn(data, path),
    },
    cryptographicParameters,
  };
}

/** Returns the Key Wrapping Data of a newly wrapped key, in the server's order of members. */
export function encodeKeyWrappingData(wrapping: {
  readonly wrappingKeyUid: string;
  readonly encoding: EncodingOption;
  readonly parameters: WrappingParameters;
  /** The members of the replaced key; `parameters` override them. */
  readonly cryptographicParameters?: JsonObject | null;
}): JsonObject {
  const cryptographicParameters = withNames(
    wrapping.cryptographicParameters ?? {},
    wrapping.parameters,
  );
  return {
    WrappingMethod: 'Encrypt',
    EncryptionKeyInformation: {
      UniqueIdentifier: wrapping.wrappingKeyUid,
      ...(Object.keys(cryptographicParameters).length === 0
        ? {}
        : { CryptographicParameters: cryptographicParameters }),
    },
    EncodingOption: wrapping.encoding,
  };
}

/**
 * Returns a wrapped Key Block with other ciphertext under another wrapping key, every other member
 * untouched; a mode of null leaves the row's (storage format §6.8).
 */
export function withWrapping(
  keyBlock: JsonObject,
  wrapping: {
    readonly ciphertext: Uint8Array;
    readonly wrappingKeyUid: string;
    readonly blockCipherMode: string | null;
  },
): JsonObject {
  const data = asMap(keyBlock['KeyWrappingData'], 'KeyWrappingData');
  const key = asMap(data['EncryptionKeyInformation'], 'KeyWrappingData.EncryptionKeyInformation');
  const macKey = data['MacSignatureKeyInformation'];
  const uid = { UniqueIdentifier: wrapping.wrappingKeyUid };
  return withMembers(keyBlock, {
    KeyValue: encodeBytes(wrapping.ciphertext),
    KeyWrappingData: withMembers(data, {
      EncryptionKeyInformation: withMode(withMembers(key, uid), wrapping.blockCipherMode),
      ...(isJsonObject(macKey) ? { MacSignatureKeyInformation: withMembers(macKey, uid) } : {}),
    }),
  });
}

function decodeParameters(parameters: JsonObject, at: string): WrappingParameters {
  const read = memberReader(parameters, at);
  return {
    blockCipherMode: read.openEnumeration('BlockCipherMode', BLOCK_CIPHER_MODES),
    paddingMethod: read.openEnumeration('PaddingMethod', PADDING_METHODS),
    hashingAlgorithm: read.openEnumeration('HashingAlgorithm', HASHING_ALGORITHMS),
  };
}

/** A key for MACs alone is harmless, the server writes its uid and never uses it; a MAC is not. */
function unsupportedIn(data: JsonObject, at: string): { unsupported?: string } {
  const method = memberReader(data, at).openEnumeration('WrappingMethod', WRAPPING_METHODS);
  if (method !== null && method !== 'Encrypt') return { unsupported: `wrapping method ${method}` };
  const mac = data['MacSignature'] ?? null;
  return mac === null ? {} : { unsupported: 'a MAC or signature over the wrapped key' };
}

function withMode(key: JsonObject, blockCipherMode: string | null): JsonObject {
  const parameters = memberReader(key, 'EncryptionKeyInformation').map('CryptographicParameters');
  const present = decodeParameters(parameters ?? {}, 'CryptographicParameters').blockCipherMode;
  if (blockCipherMode === null || blockCipherMode === present) return key;
  const changed = withMembers(parameters ?? {}, { BlockCipherMode: blockCipherMode });
  return withMembers(key, { CryptographicParameters: changed });
}

/** Sets the names in the parameters, first and in the server's order; the rest stays. */
function withNames(members: JsonObject, parameters: WrappingParameters): JsonObject {
  const names = {
    BlockCipherMode: parameters.blockCipherMode,
    PaddingMethod: parameters.paddingMethod,
    HashingAlgorithm: parameters.hashingAlgorithm,
  };
  const told = Object.fromEntries(Object.entries(names).filter(([, name]) => name !== null));
  return { ...told, ...members, ...told };
}
