// What every new object in a store without a server has alike: which uids it may have, and the attributes that
// do not depend on its material (storage format §3.8). create-symmetric-key.ts and create-pair.ts make the rows.
import { KmsError } from '../errors.js';
import { encodeDateTime, type EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import { characterCount, MAX_UID_LENGTH } from '../kmip/unique-identifier.js';
import { withTags, wrappingKeyAttribute } from '../kmip/vendor-attributes.js';
import type { Wrapping } from './wrapping/key-wrapping.js';

/** The width of the store’s `tag` column, in characters. */
const LONGEST_TAG = 255;

export interface NewObject {
  readonly uid: string;
  readonly owner: string;
  readonly initialDate: EpochSeconds;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  /** Makes it generation 0 of a keyset named by its uid. */
  readonly keyset: boolean;
}

/** @throws KmsError InvalidArgument for a uid, tag, interval or keyset that cannot be. */
export function assertCanBeCreated(
  { uid, keyset, tags, intervalSeconds }: NewObject,
  longestUid = MAX_UID_LENGTH,
): void {
  if (intervalSeconds === 0) {
    throw invalidArgument(
      '--interval must be greater than 0',
      'leave --interval out for a key without a schedule',
    );
  }
  assertUidCanBe(uid, longestUid);
  if (keyset && uid.includes('@')) {
    throw invalidArgument(
      'the uid of a key with --keyset must not contain @',
      'choose another uid',
    );
  }
  const bad = tags.find(
    (tag) => tag === '' || tag.startsWith('_') || characterCount(tag) > LONGEST_TAG,
  );
  if (bad !== undefined) {
    throw invalidArgument(
      `${JSON.stringify(bad)} is not a tag`,
      `a tag has 1 to ${LONGEST_TAG} characters and does not begin with _`,
    );
  }
}

function assertUidCanBe(uid: string, longest: number): void {
  if (uid === '' || characterCount(uid) > longest) {
    throw invalidArgument(
      `the uid must have 1 to ${longest} characters`,
      uid === '' ? 'give one, or leave it out for a random one' : 'choose a shorter one',
    );
  }
  if (uid.startsWith('hsm::')) {
    throw invalidArgument(
      'uids that begin with hsm:: belong to hardware security modules',
      'choose another uid',
    );
  }
}

/** Returns dates, state, uid and tags, which each key of a pair has too. */
export function attributesOfNew(
  { uid, initialDate, tags }: NewObject,
  systemTag: string,
  wrapping: Wrapping | null,
): JsonObject {
  const date = encodeDateTime(initialDate);
  const asked = wrapping === null ? [] : [wrappingKeyAttribute(wrapping.wrappingKeyUid)];
  return {
    ActivationDate: date,
    AlwaysSensitive: false,
    InitialDate: date,
    LastChangeDate: date,
    OriginalCreationDate: date,
    State: 'Active',
    UniqueIdentifier: uid,
    Attribute: withTags(asked, [...tags, systemTag]),
  };
}

/** Returns Name, rotation policy and keyset, which only the private key of a pair has. */
export function policyOfNew(object: NewObject): JsonObject {
  const { uid, name, intervalSeconds, offsetSeconds, keyset } = object;
  const when = <T>(condition: boolean, value: T) => (condition ? value : undefined);
  return {
    Name: name === null ? undefined : [{ NameValue: name, NameType: 'UninterpretedTextString' }],
    RotateAutomatic: when(intervalSeconds !== null, true),
    RotateGeneration: when(keyset, 0),
    RotateInterval: intervalSeconds ?? undefined,
    RotateLatest: when(keyset, true),
    RotateName: when(keyset, uid),
    RotateOffset: offsetSeconds ?? undefined,
  };
}

export function invalidArgument(message: string, hint: string): KmsError {
  return new KmsError('InvalidArgument', message, { hint });
}
