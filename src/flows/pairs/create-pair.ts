// A new pair for a store without a server: the two rows that CreateKeyPair would have written (storage format
// §3.8). Name, policy and keyset are the private key's, which takes the public key along when it is rotated.
import type { GeneratedPair } from '../../crypto/keys/generate-key-pair.js';
import { formatJson, type JsonObject } from '../../kmip/json.js';
import type { ObjectRow } from '../../kmip/managed-object.js';
import { withMembers } from '../../kmip/members.js';
import { MAX_UID_LENGTH } from '../../kmip/unique-identifier.js';
import { SYSTEM_TAGS, UNRESTRICTED_USAGE } from '../../kmip/vocabulary.js';
import { assertCanBeCreated, attributesOfNew, policyOfNew, type NewObject } from '../new-object.js';
import { attributesOfKey, plainKeyOf, type PairKeyType } from './generated-key.js';
import type { Wrapping } from '../wrapping/key-wrapping.js';
import { storedKey, withWrappingKey } from '../wrapping/stored-key.js';

export interface NewPairRows {
  readonly privateKey: ObjectRow;
  readonly publicKey: ObjectRow;
}

/** @throws KmsError InvalidArgument for a uid that no pair can have. */
export function assertPairCanBeCreated(pair: NewObject): void {
  assertCanBeCreated(pair, MAX_UID_LENGTH - '_pk'.length);
}

/**
 * Returns the rows of a generated pair.
 *
 * @throws KmsError UnsupportedWrapping if the wrapping cannot hold such a key.
 */
export function createKeyPair(
  pair: NewObject,
  generated: GeneratedPair,
  wrapping: Wrapping | null,
): NewPairRows {
  const publicUid = `${pair.uid}_pk`;
  const row = (objectType: PairKeyType, object: NewObject, members: JsonObject): ObjectRow => {
    const attributes = withMembers(attributesOfNew(object, SYSTEM_TAGS[objectType], wrapping), {
      ...attributesOfKey(objectType, generated),
      ...parametersOf(generated),
      CryptographicUsageMask: UNRESTRICTED_USAGE,
      ...members,
    });
    return {
      id: object.uid,
      object: formatJson(storedKey(plainKeyOf(objectType, generated), attributes, wrapping)),
      attributes: formatJson(withWrappingKey(attributes, wrapping)),
      state: 'Active',
      owner: object.owner,
      wrappingKeyId: wrapping?.wrappingKeyUid ?? null,
    };
  };
  const link = (LinkType: string, LinkedObjectIdentifier: string) => ({
    Link: [{ LinkType, LinkedObjectIdentifier }],
  });
  return {
    privateKey: row('PrivateKey', pair, {
      ...policyOfNew(pair),
      ...link('PublicKeyLink', publicUid),
    }),
    publicKey: row('PublicKey', { ...pair, uid: publicUid }, link('PrivateKeyLink', pair.uid)),
  };
}

/** Post-quantum pairs have none. */
function parametersOf({ cryptographicAlgorithm, privateKey }: GeneratedPair): JsonObject {
  if (privateKey.material.kind === 'bytes') return {};
  return { CryptographicParameters: { CryptographicAlgorithm: cryptographicAlgorithm } };
}
