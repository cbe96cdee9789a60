// The rows of Re-Key Key Pair (KMIP 2.1 §6.1.47, storage format §6.10): the replacements of both keys and the
// retirement of both. rekey-key-pair.ts makes the new keys.
import { deadlineByEnds } from '../../rotation/ends.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { GeneratedPair } from '../../crypto/keys/generate-key-pair.js';
import { KmsError } from '../../errors.js';
import { formatJson, type JsonObject } from '../../kmip/json.js';
import type { ManagedObject, ObjectRow } from '../../kmip/managed-object.js';
import { withMembers } from '../../kmip/members.js';
import { characterCount, MAX_UID_LENGTH } from '../../kmip/unique-identifier.js';
import { SYSTEM_TAGS, type LinkType } from '../../kmip/vocabulary.js';
import type { Overlap } from '../../rotation/retiring-object.js';
import type { Change, Rotation } from '../change.js';
import { withUid } from '../with-uid.js';
import type { Pair } from './sound-pair.js';
import { attributesOfKey, plainKeyOf, type PairKeyType } from './generated-key.js';
import {
  embeddedAttributesOf,
  replacementFor,
  rotationSummary,
  type Replacement,
} from '../replacement.js';
import type { Wrapping } from '../wrapping/key-wrapping.js';
import { retirement, noticesOfReplaced } from '../retirement.js';
import { storedKey, withWrappingKey } from '../wrapping/stored-key.js';
import type { RotationContext } from '../rotation-context.js';

/** A rotation, named by its private key, with the uids of the public keys. */
export interface KeyPairRotation extends Rotation {
  readonly publicKeyUid: string;
  readonly publicKeyReplacementUid: string;
}

/** The replacement of one key of a pair, and the key of the new pair that it links to. */
interface KeyReplacement {
  readonly objectType: PairKeyType;
  readonly replaced: ManagedObject;
  readonly wrapping: Wrapping | null;
  readonly replacement: Replacement;
  readonly linkType: LinkType;
  readonly linkedUid: string;
  readonly systemTag: string;
  /** Attributes that the server takes from the private key for both keys. */
  readonly common: JsonObject;
}

/** How each key of the new pair is wrapped; null if it is not. */
export interface PairWrapping {
  readonly privateKey: Wrapping | null;
  readonly publicKey: Wrapping | null;
}

/** What a pair is replaced by, and how. */
export interface NewPair {
  readonly generated: GeneratedPair;
  readonly wrapping: PairWrapping;
  readonly overlap: Overlap | null;
}

/**
 * Returns the rotation of a pair without that of its dependants. Each key keeps its own name, mask, tags, dates,
 * wrapping and rotation metadata; the uid of the public key follows from that of the private key.
 *
 * @throws KmsError Unsupported if that uid is too long; UnsupportedWrapping if the wrapping cannot hold such a key.
 */
export function replaceKeyPair(
  { privateKey, publicKey }: Pair,
  context: RotationContext,
  made: NewPair,
): KeyPairRotation {
  const { wrapping } = made;
  const uid = privateKey.uniqueIdentifier;
  const one = replacementFor(privateKey, context, SYSTEM_TAGS.PrivateKey);
  const publicUid = publicUidOf(uid, one.uid);
  const other = replacementFor(publicKey, context, SYSTEM_TAGS.PublicKey, publicUid);
  const { members } = privateKey.attributes;
  const successions: readonly KeyReplacement[] = [
    {
      objectType: 'PrivateKey',
      replaced: privateKey,
      wrapping: wrapping.privateKey,
      replacement: one,
      linkType: 'PublicKeyLink',
      linkedUid: publicUid,
      systemTag: SYSTEM_TAGS.PrivateKey,
      common: {},
    },
    {
      objectType: 'PublicKey',
      replaced: publicKey,
      wrapping: wrapping.publicKey,
      replacement: other,
      linkType: 'PrivateKeyLink',
      linkedUid: one.uid,
      systemTag: SYSTEM_TAGS.PublicKey,
      common: {
        CryptographicParameters:
          publicKey.attributes.members['CryptographicParameters'] ??
          members['CryptographicParameters'],
        RotateAutomatic: members['RotateAutomatic'],
        // A public key has no schedule of its own: it goes with its private key.
        RotateInterval: 0,
      },
    },
  ];
  return {
    ...rotationSummary(privateKey, one),
    nextDeadline: nextDeadlineOf(one, other, context),
    flow: 'key-pair',
    publicKeyUid: publicKey.uniqueIdentifier,
    publicKeyReplacementUid: publicUid,
    changes: successions.flatMap((succession) => changesOf(succession, context, made)),
    rewrapping: null,
    notices: noticesOfReplaced(privateKey, context.now),
  };
}

/** The earlier of what the schedule and dates of the private key and the dates of the public key say. */
function nextDeadlineOf(
  privateKey: Replacement,
  publicKey: Replacement,
  { ends }: RotationContext,
): EpochSeconds | null {
  const at = privateKey.nextDeadline;
  if (at === null) return null;
  const lifetime = { members: publicKey.attributes, counterpart: null, validity: null };
  return Math.min(at, deadlineByEnds(lifetime, ends).deadline?.at ?? Infinity);
}

function publicUidOf(uid: string, privateUid: string): string {
  const publicUid = `${privateUid}_pk`;
  if (characterCount(publicUid) <= MAX_UID_LENGTH) return publicUid;
  throw new KmsError(
    'Unsupported',
    `the uid of its next public key is longer than ${MAX_UID_LENGTH} characters`,
    { uid, hint: 'give the keyset a shorter name with the server that wrote it' },
  );
}

function changesOf(
  succession: KeyReplacement,
  context: RotationContext,
  { generated, overlap }: NewPair,
): readonly Change[] {
  const { replaced, replacement, systemTag } = succession;
  return [
    {
      kind: 'create',
      // A wrapping may encode attributes that nothing has read so far, so an error must name the object.
      row: withUid(replaced, () => rowOf(succession, generated)),
      systemTag,
      replacedUid: replaced.uniqueIdentifier,
    },
    retirement(replaced, replacement.uid, context.now, overlap),
  ];
}

function rowOf(succession: KeyReplacement, generated: GeneratedPair): ObjectRow {
  const { replaced, replacement, objectType, wrapping } = succession;
  const attributes = attributesOf(succession, generated);
  const plain = plainKeyOf(objectType, generated);
  const object = storedKey(plain, embeddedAttributesOf(attributes, replaced), wrapping);
  const { documents } = replaced;
  return {
    id: replacement.uid,
    object: formatJson(object, documents.object.indented),
    attributes: formatJson(withWrappingKey(attributes, wrapping), documents.attributes.indented),
    state: 'Active',
    owner: replaced.owner,
    wrappingKeyId: wrapping?.wrappingKeyUid ?? null,
  };
}

function attributesOf(succession: KeyReplacement, generated: GeneratedPair): JsonObject {
  const { replaced, replacement, objectType, common } = succession;
  const embedded = replaced.keyBlock?.attributes?.cryptographicUsageMask;
  return withMembers(replacement.attributes, {
    ...common,
    ...attributesOfKey(objectType, generated),
    CryptographicUsageMask: replaced.attributes.cryptographicUsageMask ?? embedded ?? undefined,
    Link: [
      { LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: replaced.uniqueIdentifier },
      { LinkType: succession.linkType, LinkedObjectIdentifier: succession.linkedUid },
    ],
  });
}
