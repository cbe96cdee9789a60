// A new symmetric key for a store without a server: the row that Create would have written (storage
// format §3.8), with a rotation policy if one is asked for.
import { keyMaterialDigest } from '../crypto/digest.js';
import { generateSymmetricKey, symmetricKeyObstacle } from '../crypto/symmetric-key.js';
import { KmsError } from '../errors.js';
import { encodeDateTime, type EpochSeconds } from '../kmip/date-time.js';
import { formatJson, type JsonObject } from '../kmip/json.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import { characterCount, LONGEST_UID } from '../kmip/unique-identifier.js';
import { withTags, wrappingKeyAttribute } from '../kmip/vendor-attributes.js';
import { SYMMETRIC_KEY_USAGE_MASK } from '../kmip/vocabulary.js';
import { keyObject, withWrappingKey, type Wrapping } from './wrapping.js';

const FORMAT = 'TransparentSymmetricKey';

/** The width of the store’s `tag` column, in characters. */
const LONGEST_TAG = 255;

export interface NewSymmetricKey {
  readonly uid: string;
  readonly owner: string;
  readonly algorithm: string;
  readonly lengthBits: number;
  readonly initialDate: EpochSeconds;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  /** Makes it generation 0 of a keyset named by its uid. */
  readonly keyset: boolean;
}

/** @throws KmsError InvalidArgument if no such key can be made. */
export function createSymmetricKey(key: NewSymmetricKey, wrapping: Wrapping | null): ObjectRow {
  assertCanBeMade(key);
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
      object: formatJson(keyObject(plain, attributes, wrapping)),
      attributes: formatJson(withWrappingKey(attributes, wrapping)),
      state: 'Active',
      owner: key.owner,
      wrappingKeyId: wrapping?.wrappingKeyUid ?? null,
    };
  } finally {
    bytes.fill(0);
  }
}

function assertCanBeMade(key: NewSymmetricKey): void {
  const { uid, algorithm, lengthBits, keyset, tags, intervalSeconds } = key;
  const obstacle = symmetricKeyObstacle(algorithm, lengthBits);
  if (obstacle !== null) throw invalid(obstacle, 'choose another --algorithm or --length');
  if (intervalSeconds === 0) {
    throw invalid('an interval of 0 is none', 'leave --interval out for a key without a schedule');
  }
  if (uid === '' || characterCount(uid) > LONGEST_UID) {
    throw invalid(`a uid has 1 to ${LONGEST_UID} characters`, 'choose a shorter one');
  }
  if (uid.startsWith('hsm::')) {
    throw invalid(
      'uids that begin with hsm:: belong to hardware security modules',
      'choose another',
    );
  }
  if (keyset && uid.includes('@')) {
    throw invalid('the uid that names a keyset holds no @', 'choose another uid');
  }
  const bad = tags.find(
    (tag) => tag === '' || tag.startsWith('_') || characterCount(tag) > LONGEST_TAG,
  );
  if (bad !== undefined) {
    throw invalid(
      `${JSON.stringify(bad)} is no tag`,
      'a tag has 1 to 255 characters, the first no _',
    );
  }
}

/** Members in the order of the server: by name, `Attribute` last. */
function attributesOf(key: NewSymmetricKey, digest: Buffer, wrapping: Wrapping | null): JsonObject {
  const date = encodeDateTime(key.initialDate);
  const when = <T>(condition: boolean, value: T) => (condition ? value : undefined);
  return {
    ActivationDate: date,
    AlwaysSensitive: false,
    CryptographicAlgorithm: key.algorithm,
    CryptographicLength: key.lengthBits,
    CryptographicUsageMask: SYMMETRIC_KEY_USAGE_MASK,
    Digest: { HashingAlgorithm: 'SHA256', DigestValue: [...digest], KeyFormatType: 'Raw' },
    InitialDate: date,
    KeyFormatType: FORMAT,
    LastChangeDate: date,
    Name:
      key.name === null
        ? undefined
        : [{ NameValue: key.name, NameType: 'UninterpretedTextString' }],
    ObjectType: 'SymmetricKey',
    OriginalCreationDate: date,
    RotateAutomatic: when(key.intervalSeconds !== null, true),
    RotateGeneration: when(key.keyset, 0),
    RotateInterval: key.intervalSeconds ?? undefined,
    RotateLatest: when(key.keyset, true),
    RotateName: when(key.keyset, key.uid),
    RotateOffset: key.offsetSeconds ?? undefined,
    State: 'Active',
    UniqueIdentifier: key.uid,
    Attribute: withTags(wrapping === null ? [] : [wrappingKeyAttribute(wrapping.wrappingKeyUid)], [
      ...key.tags,
      '_kk',
    ]),
  };
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidArgument', message, { hint });
}
