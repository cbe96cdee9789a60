// Re-wraps what a key wraps under its replacement: same bytes inside, same parameters and encoding (storage
// format §6.8). store/ finds the rows and writes them.
import { differingMembers, rememberChanges } from '../../kmip/known-changes.js';
import { wipeWrappingKey, type WrappingKey } from '../../crypto/wrapping/wrapping-key.js';
import { unwrapBytes, wrapBytes } from '../../crypto/wrapping/wrapping.js';
import { KmsError } from '../../errors.js';
import { withLink } from '../../kmip/attributes.js';
import { formatJson, type JsonObject } from '../../kmip/json.js';
import { withWrapping } from '../../kmip/key-wrapping-data.js';
import {
  withKeyBlock,
  wrappingKeyInBytes,
  type ManagedObject,
  type ObjectRow,
} from '../../kmip/managed-object.js';
import { withWrappingKeyAttribute } from '../../kmip/vendor-attributes.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import type { Rewrapping, RowReplacement } from '../change.js';
import { wrappingKeyFromObject, unwrapObject, plainMaterialOf } from './unwrapping.js';
import type { RotationContext } from '../rotation-context.js';

/** The replaced wrapping key and its replacement. `uids` leads from each uid of the one to a uid of the other. */
export interface RewrappingKeys {
  readonly uids: ReadonlyMap<string, string>;
  readonly replacedKey: WrappingKey;
  /** With the private key of a pair, as what is wrapped is unwrapped again. */
  readonly replacementKey: WrappingKey;
}

/**
 * Returns how the dependants of an object move to its replacement; null if it wraps nothing.
 *
 * @throws KmsError why the replaced key cannot be unwrapped.
 */
export function rewrappingOf(
  candidate: Pick<RotationCandidate, 'dependants' | 'relatedObjects'>,
  context: Pick<RotationContext, 'wrappingKeyMismatches' | 'wrappingCertificates'>,
  keys: {
    readonly uids: ReadonlyMap<string, string>;
    readonly retiredUids: readonly string[];
    /** The key that unwraps. */
    readonly replaced: ManagedObject;
    readonly replacementKey: () => WrappingKey;
  },
): Rewrapping | null {
  const { uids, retiredUids, replaced } = keys;
  const wrappingKeyMismatches = context.wrappingKeyMismatches
    .filter(({ wrappingKeyUid }) => uids.has(wrappingKeyUid))
    .map(({ uid }) => uid);
  const byCertificate = context.wrappingCertificates.some(({ uid }) => uids.has(uid));
  if (candidate.dependants === 0 && wrappingKeyMismatches.length === 0 && !byCertificate)
    return null;
  const replacedKey = wrappingKeyFromObject(
    replaced,
    plainMaterialOf(replaced, candidate.relatedObjects),
  );
  const replacementKey = keys.replacementKey();
  return {
    wrappingKeyUids: [...uids.keys()],
    retiredUids,
    wrappingKeyMismatches,
    rewrap: (dependant, named) =>
      rewrapDependant(dependant, named, { uids, replacedKey, replacementKey }),
    wipe: () => {
      wipeWrappingKey(replacedKey);
      wipeWrappingKey(replacementKey);
    },
  };
}

/**
 * Returns the row of a dependant under the replacement, after unwrapping it again and comparing. If its bytes name
 * another key (`named` is null), only its column is corrected.
 *
 * @throws KmsError DependantNotRewrapped, naming it and why.
 */
export function rewrapDependant(
  dependant: ManagedObject | KmsError,
  named: string | null,
  succession: RewrappingKeys,
): RowReplacement {
  try {
    if (dependant instanceof KmsError) throw dependant;
    const before = dependant.row;
    const uid = named === null ? undefined : succession.uids.get(named);
    if (uid === undefined)
      return { before, after: { ...before, wrappingKeyId: wrappingKeyInBytes(dependant) } };
    return { before, after: rewrapped(dependant, uid, succession) };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    const name = JSON.stringify(error.uid ?? '');
    throw new KmsError(
      'DependantNotRewrapped',
      `the dependant ${name} cannot be re-wrapped: ${error.message}`,
      {
        ...(error.uid === null ? {} : { uid: error.uid }),
        hint: error.hint ?? HINT,
        cause: error,
      },
    );
  }
}

const HINT = 'nothing was written: repair or destroy that object with the server, then run again';

function rewrapped(
  dependant: ManagedObject,
  wrappingKeyUid: string,
  { replacedKey, replacementKey }: RewrappingKeys,
): ObjectRow {
  const { row, documents, keyBlock, attributes } = dependant;
  const parameters = keyBlock?.keyWrappingData?.parameters;
  if (parameters === undefined) throw new TypeError('a dependant that is not wrapped');
  const { plaintext, blockCipherMode } = unwrapObject(replacedKey, dependant);
  try {
    const fitting = { ...parameters, blockCipherMode };
    const ciphertext = wrapBytes(replacementKey, fitting, plaintext);
    const object = withKeyBlock(dependant, (block) =>
      withWrapping(block, { ciphertext, wrappingKeyUid, blockCipherMode }),
    );
    const again = unwrapBytes(replacementKey, fitting, ciphertext);
    const same = again.plaintext.equals(plaintext);
    again.plaintext.fill(0);
    if (!same) throw new TypeError('what was re-wrapped is not what was unwrapped');
    const members = namingWrappingKey(attributes.members, wrappingKeyUid);
    const after = {
      ...row,
      object: formatJson(object, documents.object.indented),
      attributes: formatJson(members, documents.attributes.indented),
      wrappingKeyId: wrappingKeyUid,
    };
    const changed = differingMembers(attributes.members, members);
    rememberChanges(row, after, [...changed, 'Key Material', 'Key Wrapping Data']);
    return after;
  } finally {
    plaintext.fill(0);
  }
}

function namingWrappingKey(members: JsonObject, uid: string): JsonObject {
  return withWrappingKeyAttribute(withLink(members, 'WrappingKeyLink', uid), uid, 'last');
}
