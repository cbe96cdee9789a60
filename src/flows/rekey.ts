// Re-Key (KMIP 2.1 §6.1.46): the replacement of a symmetric key, wrapped as the replaced key was, and the
// retirement of that key. rewrap-dependants.ts moves what it wraps to the replacement.
import { keyMaterialDigest } from '../crypto/keys/key-material-digest.js';
import { generateSymmetricKey, unsupportedSymmetricKey } from '../crypto/keys/symmetric-key.js';
import { KmsError } from '../errors.js';
import { formatJson } from '../kmip/json.js';
import { symmetricMaterialLength } from '../kmip/key-block.js';
import { algorithmOf, type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import { withMembers } from '../kmip/members.js';
import { SYMMETRIC_KEY_USAGE_MASK, SYSTEM_TAGS } from '../kmip/vocabulary.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { Rotation } from './change.js';
import { flowNameOf } from './flow-name.js';
import { overlapFor } from './overlap-for.js';
import { withUid } from './with-uid.js';
import {
  embeddedAttributesOf,
  replacementFor,
  rotationSummary,
  type Replacement,
} from './replacement.js';
import { rewrappingOf } from './wrapping/rewrap-dependants.js';
import { wrappingKeyInRow, plainMaterialOf } from './wrapping/unwrapping.js';
import { wipeWrapping, wrappingOf, type Wrapping } from './wrapping/key-wrapping.js';
import { retirement, noticesOfReplaced } from './retirement.js';
import { storedKey, withWrappingKey } from './wrapping/stored-key.js';
import type { RotationContext } from './rotation-context.js';

const FORMAT = 'TransparentSymmetricKey';

/**
 * Returns the rotation of a symmetric key.
 *
 * @throws KmsError why its replacement cannot be wrapped, or the key itself not be unwrapped for its dependants.
 */
export function rekey(
  candidate: RotationCandidate,
  object: ManagedObject,
  context: RotationContext,
): Rotation {
  const uid = object.uniqueIdentifier;
  const { relatedObjects } = candidate;
  const replacement = replacementFor(object, context, SYSTEM_TAGS.SymmetricKey);
  const wrapping = wrappingOf(object, relatedObjects);
  const overlap = overlapFor(candidate, context, { replaced: [object], keys: [object] });
  const material = generateSymmetricKey(requireSupportedLength(object, candidate));
  try {
    // A wrapping may encode attributes that nothing has read so far, so an error must name the object.
    const row = withUid(object, () => symmetricKeyRow(object, replacement, material, wrapping));
    // Spread last, which takes a tenth of the time.
    return {
      flow: flowNameOf(object, candidate, context.serverKek) ?? 'plain',
      changes: [
        { kind: 'create', row, systemTag: SYSTEM_TAGS.SymmetricKey, replacedUid: uid },
        retirement(object, replacement.uid, context.now, overlap),
      ],
      rewrapping: rewrappingOf(candidate, context, {
        uids: new Map([[uid, replacement.uid]]),
        retiredUids: [uid],
        replaced: object,
        replacementKey: () => wrappingKeyInRow(row, relatedObjects),
      }),
      notices: noticesOfReplaced(object, context.now),
      ...rotationSummary(object, replacement),
    };
  } finally {
    material.fill(0);
    wipeWrapping(wrapping);
  }
}

function requireSupportedLength(object: ManagedObject, candidate: RotationCandidate): number {
  const { uniqueIdentifier: uid } = object;
  const length = lengthOf(object, candidate);
  const unsupportedReason = unsupportedSymmetricKey(algorithmOf(object), length);
  if (unsupportedReason === null) return length;
  throw new KmsError(
    'Unsupported',
    `${JSON.stringify(uid)} cannot be rotated: ${unsupportedReason}`,
    {
      uid,
    },
  );
}

/** Bits. The key block knows them better than the attributes (storage format §2.4), its bytes best of all. */
function lengthOf(object: ManagedObject, { relatedObjects }: RotationCandidate): number {
  const { keyBlock } = object;
  if (keyBlock === null) throw new TypeError('a symmetric key without a key block');
  if (keyBlock.keyMaterial !== null) return symmetricMaterialLength(keyBlock) * 8;
  if (keyBlock.cryptographicLength !== null) return keyBlock.cryptographicLength;
  const material = plainMaterialOf(object, relatedObjects);
  if (material.kind !== 'bytes') throw new TypeError('a symmetric key that is no bytes');
  material.bytes.fill(0);
  return material.bytes.length * 8;
}

function symmetricKeyRow(
  replaced: ManagedObject,
  replacement: Replacement,
  bytes: Buffer,
  wrapping: Wrapping | null,
): ObjectRow {
  const algorithm = algorithmOf(replaced);
  const material = { kind: 'bytes', bytes } as const;
  const length = bytes.length * 8;
  const attributes = withMembers(replacement.attributes, {
    ObjectType: 'SymmetricKey',
    CryptographicAlgorithm: algorithm ?? undefined,
    CryptographicLength: length,
    CryptographicUsageMask: replaced.attributes.cryptographicUsageMask ?? SYMMETRIC_KEY_USAGE_MASK,
    KeyFormatType: FORMAT,
    Digest: {
      HashingAlgorithm: 'SHA256',
      DigestValue: [...keyMaterialDigest(FORMAT, material)],
      KeyFormatType: 'Raw',
    },
  });
  const plain = {
    objectType: 'SymmetricKey',
    keyFormatType: FORMAT,
    material,
    cryptographicAlgorithm: algorithm,
    cryptographicLength: length,
  } as const;
  const { documents } = replaced;
  return {
    id: replacement.uid,
    object: formatJson(
      storedKey(plain, embeddedAttributesOf(attributes, replaced), wrapping),
      documents.object.indented,
    ),
    attributes: formatJson(withWrappingKey(attributes, wrapping), documents.attributes.indented),
    state: 'Active',
    owner: replaced.owner,
    wrappingKeyId: wrapping?.wrappingKeyUid ?? null,
  };
}
