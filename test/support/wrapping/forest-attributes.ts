// The attributes of an object in a random forest, by an encoder of their own (bare JSON).
import { dateOf, JANUARY } from '../symmetric-keys.js';
import type { Plant } from './plant.js';
import type { KeyHalf } from './key-kinds.js';
import { digestOf, materialOfJson } from './material.js';

const TEN_YEARS = 315_360_000;

interface AttributesTold {
  readonly plant: Pick<Plant, 'policy' | 'vendorAttribute'>;
  readonly state: string;
  readonly wrappingKeyUid: string | null;
  readonly replacementUid: string | null;
  readonly replacedUid?: string;
}

const SYSTEM_TAGS = {
  SymmetricKey: '_kk',
  SecretData: '_sd',
  PrivateKey: '_sk',
  PublicKey: '_pk',
} as const;

/** Returns the attributes of a row, as the server would have written them. */
export function attributesOf(
  uid: string,
  half: KeyHalf,
  { plant: one, state, wrappingKeyUid, replacementUid, replacedUid }: AttributesTold,
): object {
  const since = dateOf(JANUARY);
  const isPublic = half.objectType === 'PublicKey';
  const vendor = (name: string, text: string) => ({
    VendorIdentification: 'cosmian',
    AttributeName: name,
    AttributeValue: { _t: 'TextString', _c: text },
  });
  const ofSameHalf = (other: string) => (isPublic ? `${other}_pk` : other);
  const links = [
    ['PublicKeyLink', half.objectType === 'PrivateKey' ? `${uid}_pk` : null],
    ['PrivateKeyLink', isPublic ? uid.replace(/_pk$/, '') : null],
    ['WrappingKeyLink', wrappingKeyUid],
    ['ReplacementObjectLink', replacementUid === null ? null : ofSameHalf(replacementUid)],
    ['ReplacedObjectLink', replacedUid === undefined ? null : ofSameHalf(replacedUid)],
  ].filter(([, other]) => other !== null);
  const digest = digestOf(materialOfJson(half.material), half.keyFormatType);
  const symmetric = half.objectType === 'SymmetricKey';
  return {
    ActivationDate: since,
    AlwaysSensitive: false,
    ...(half.algorithm === null ? {} : { CryptographicAlgorithm: half.algorithm }),
    ...(half.lengthBits === null ? {} : { CryptographicLength: half.lengthBits }),
    CryptographicUsageMask: symmetric ? 2108 : 2097152,
    ...(state === 'Active' ? {} : { DeactivationDate: since }),
    Digest: { HashingAlgorithm: 'SHA256', DigestValue: [...digest], KeyFormatType: 'Raw' },
    InitialDate: since,
    KeyFormatType: half.keyFormatType,
    LastChangeDate: since,
    ...(links.length === 0
      ? {}
      : { Link: links.map(([LinkType, other]) => ({ LinkType, LinkedObjectIdentifier: other })) }),
    ObjectType: half.objectType,
    OriginalCreationDate: since,
    ...(isPublic || half.objectType === 'SecretData' || replacementUid !== null
      ? {}
      : policyOf(one.policy)),
    State: state,
    UniqueIdentifier: uid,
    Attribute: [
      ...(wrappingKeyUid !== null && one.vendorAttribute
        ? [vendor('wrapping_key_id', wrappingKeyUid)]
        : []),
      vendor('tag', JSON.stringify([SYSTEM_TAGS[half.objectType]])),
    ],
  };
}

function policyOf(policy: Plant['policy']): object {
  if (policy === 'none') return {};
  const days30 = 2_592_000;
  return {
    RotateAutomatic: policy !== 'opted-out',
    RotateInterval: policy === 'later' ? TEN_YEARS : days30,
  };
}
