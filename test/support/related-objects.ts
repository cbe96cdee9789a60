// Objects as related objects of a rotation have them: keys of pairs without real material, wrapped keys. No assertions
// here.
import type { KmsError } from '../../src/errors.js';
import { decodeRow, type ManagedObject } from '../../src/kmip/managed-object.js';
import { aSymmetricKey } from './symmetric-keys.js';

export function aKey(uid: string, members: object = {}, state = 'Active'): ManagedObject {
  return decodeRow(aSymmetricKey({ uid }, { ...members }, { state }));
}

/** Returns one key of a pair. */
export function aKeyOfPair(
  objectType: 'PrivateKey' | 'PublicKey',
  uid: string,
  links: readonly object[] = [],
  members: object = {},
  state = 'Active',
): ManagedObject {
  return decodeRow({
    ...aSymmetricKey({ uid }),
    object: `{"${objectType}":{"KeyBlock":{"KeyFormatType":"Raw","KeyValue":{"KeyMaterial":[1]}}}}`,
    attributes: JSON.stringify({ ObjectType: objectType, Link: links, ...members }),
    state,
  });
}

/** Returns a symmetric key whose bytes and column name a wrapping key. */
export function aWrappedKey(uid: string, wrappingKeyUid: string): ManagedObject {
  const KeyBlock = {
    KeyFormatType: 'Raw',
    KeyValue: [1],
    KeyWrappingData: {
      WrappingMethod: 'Encrypt',
      EncryptionKeyInformation: { UniqueIdentifier: wrappingKeyUid },
    },
  };
  return decodeRow({
    ...aSymmetricKey({ uid }),
    object: JSON.stringify({ SymmetricKey: { KeyBlock } }),
    wrappingKeyId: wrappingKeyUid,
  });
}

export function linkOf(linkType: string, uid: string): readonly object[] {
  return [{ LinkType: linkType, LinkedObjectIdentifier: uid }];
}

export function among(...objects: readonly ManagedObject[]): Map<string, ManagedObject | KmsError> {
  return new Map(objects.map((object) => [object.uniqueIdentifier, object]));
}
