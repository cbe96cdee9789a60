// A new symmetric key for a store without a server: the row that Create would have written (storage
// format §3.8), with a rotation policy if one is asked for.
import { keyMaterialDigest } from '../crypto/keys/key-material-digest.js';
import { generateSymmetricKey, unsupportedSymmetricKey } from '../crypto/keys/symmetric-key.js';
import { formatJson, type JsonObject } from '../kmip/json.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import { SYMMETRIC_KEY_USAGE_MASK, SYSTEM_TAGS } from '../kmip/vocabulary.js';
import {
  assertCanBeCreated,
  attributesOfNew,
  invalidArgument,
  policyOfNew,
  type NewObject,
} from './new-object.js';
import type { Wrapping } from './wrapping/key-wrapping.js';
import { storedKey, withWrappingKey } from './wrapping/stored-key.js';

const FORMAT = 'TransparentSymmetricKey';

export interface NewSymmetricKey extends NewObject {
  readonly algorithm: string;
  readonly lengthBits: number;
}

/** @throws KmsError InvalidArgument if no such key can be made. */
export function createSymmetricKey(key: NewSymmetricKey, wrapping: Wrapping | null): ObjectRow {
  const unsupportedReason = unsupportedSymmetricKey(key.algorithm, key.lengthBits);
  if (unsupportedReason !== null)
    throw invalidArgument(unsupportedReason, 'choose another --algorithm or --length');
  assertCanBeCreated(key);
  const bytes = generateSymmetricKey(key.lengthBits);
  try {
    const plain = {
      objectType: 'SymmetricKey',
      keyFormatType: FORMAT,
      material: { kind: 'bytes', bytes },
      cryptographicAlgorithm: key.algorithm,
      cryptographicLength: key.lengthBits,
    } as const;
    const attributes = attributesOf(key, keyMaterialDigest(FORMAT, plain.material), wrapping);
    return {
      id: key.uid,
      object: formatJson(storedKey(plain, attributes, wrapping)),
      attributes: formatJson(withWrappingKey(attributes, wrapping)),
      state: 'Active',
      owner: key.owner,
      wrappingKeyId: wrapping?.wrappingKeyUid ?? null,
    };
  } finally {
    bytes.fill(0);
  }
}

function attributesOf(key: NewSymmetricKey, digest: Buffer, wrapping: Wrapping | null): JsonObject {
  return withMembers(attributesOfNew(key, SYSTEM_TAGS.SymmetricKey, wrapping), {
    ...policyOfNew(key),
    CryptographicAlgorithm: key.algorithm,
    CryptographicLength: key.lengthBits,
    CryptographicUsageMask: SYMMETRIC_KEY_USAGE_MASK,
    Digest: { HashingAlgorithm: 'SHA256', DigestValue: [...digest], KeyFormatType: 'Raw' },
    KeyFormatType: FORMAT,
    ObjectType: 'SymmetricKey',
  });
}
