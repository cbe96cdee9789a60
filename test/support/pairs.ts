// Rows of pairs made on the spot. No assertions here.
import { generateKeyPair, type GeneratedPair } from '../../src/crypto/keys/generate-key-pair.js';
import type { PairKind } from '../../src/crypto/keys/pair-kind.js';
import { encodeKeyMaterial } from '../../src/kmip/key-material.js';
import { decodeRow, type ManagedObject } from '../../src/kmip/managed-object.js';
import { withQuickRsa } from './quick-rsa.js';
import { dateOf, JANUARY } from './symmetric-keys.js';

export interface PairChanges {
  readonly uid?: string;
  /** Set in both copies of the attributes of a half; undefined takes away. */
  readonly privateMembers?: Record<string, unknown>;
  readonly publicMembers?: Record<string, unknown>;
  readonly privateRow?: Partial<{ state: string; owner: string }>;
  readonly publicRow?: Partial<{ state: string; owner: string }>;
}

export const P256: PairKind = { kind: 'curve', curve: 'P256', cryptographicAlgorithm: 'ECDH' };

/** Returns both halves of a new pair, Active since January, linked to each other, with a policy of 30 days. */
export async function aKeyPair(
  changes: PairChanges = {},
  kind: PairKind = P256,
): Promise<{ privateKey: ManagedObject; publicKey: ManagedObject; generated: GeneratedPair }> {
  const generated = await withQuickRsa(() => generateKeyPair(kind));
  const uid = changes.uid ?? 'pair';
  const half = (
    objectType: 'PrivateKey' | 'PublicKey',
    id: string,
    link: object,
    members: Record<string, unknown> = {},
    row: Partial<{ state: string; owner: string }> = {},
  ) => {
    const { keyFormatType, material, cryptographicLength } =
      objectType === 'PrivateKey' ? generated.privateKey : generated.publicKey;
    const date = dateOf(JANUARY);
    const attributes = {
      ActivationDate: date,
      CryptographicAlgorithm: generated.cryptographicAlgorithm,
      CryptographicLength: cryptographicLength,
      CryptographicUsageMask: objectType === 'PrivateKey' ? 1 : 2,
      InitialDate: date,
      KeyFormatType: keyFormatType,
      LastChangeDate: date,
      Link: [link],
      ObjectType: objectType,
      State: row.state ?? 'Active',
      UniqueIdentifier: id,
      ...members,
    };
    const object = {
      [objectType]: {
        KeyBlock: {
          KeyFormatType: keyFormatType,
          KeyValue: {
            KeyMaterial: encodeKeyMaterial(keyFormatType, material),
            Attributes: attributes,
          },
          CryptographicAlgorithm: generated.cryptographicAlgorithm,
          CryptographicLength: cryptographicLength,
        },
      },
    };
    return decodeRow({
      id,
      object: JSON.stringify(object),
      attributes: JSON.stringify(attributes),
      state: 'Active',
      owner: 'ops@example.org',
      wrappingKeyId: null,
      ...row,
    });
  };
  return {
    generated,
    privateKey: half(
      'PrivateKey',
      uid,
      { LinkType: 'PublicKeyLink', LinkedObjectIdentifier: `${uid}_pk` },
      { RotateAutomatic: true, RotateInterval: 2_592_000, ...changes.privateMembers },
      changes.privateRow,
    ),
    publicKey: half(
      'PublicKey',
      `${uid}_pk`,
      { LinkType: 'PrivateKeyLink', LinkedObjectIdentifier: uid },
      changes.publicMembers,
      changes.publicRow,
    ),
  };
}
