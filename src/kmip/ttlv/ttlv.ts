// A Key Value as binary TTLV (KMIP 2.1 §3.1, §9.1), byte for byte as the server writes it: what is wrapped
// under TTLVEncoding, and what a digest of transparent material is taken over (storage format §5.4, §5.5).
import { KmsError } from '../../errors.js';
import type { JsonObject } from '../json.js';
import {
  assertFormatHolds,
  kindOfFormat,
  RSA_PRIVATE_MEMBERS,
  rsaPrivateNumbers,
  type KeyMaterial,
} from '../key-material.js';
import { attributesItem } from './ttlv-attributes.js';
import {
  encodeItem,
  MalformedTtlv,
  readItems,
  signedNumber,
  type Item,
  type ItemType,
  type ReadItem,
} from './ttlv-items.js';
import { RECOMMENDED_CURVES } from '../vocabulary.js';

const TAGS = {
  KeyValue: 0x420045,
  KeyMaterial: 0x420043,
  Key: 0x42003f,
  RecommendedCurve: 0x420075,
  D: 0x42002e,
  QString: 0x420072,
  Modulus: 0x420052,
  PrivateExponent: 0x420063,
  PublicExponent: 0x42006c,
  P: 0x42005e,
  Q: 0x420071,
  PrimeExponentP: 0x420060,
  PrimeExponentQ: 0x420061,
  CRTCoefficient: 0x420027,
  Attributes: 0x420125,
} as const;
type Tag = keyof typeof TAGS;

/**
 * Returns the encoding of a key value; which the caller wipes.
 *
 * @throws KmsError Unsupported naming an attribute that has no encoding, or if the format does not hold
 *   such material; MalformedMember naming an attribute that is not what KMIP says.
 */
export function encodeKeyValue(
  keyFormatType: string,
  material: KeyMaterial,
  attributes: JsonObject | null,
): Buffer {
  const items = [keyMaterialItem(keyFormatType, material)];
  if (attributes !== null) items.push(attributesItem(attributes));
  return encodeItem({ tag: TAGS.KeyValue, type: 'structure', items });
}

/** Returns the encoding of the material alone; which the caller wipes. */
export function encodeTtlvKeyMaterial(keyFormatType: string, material: KeyMaterial): Buffer {
  return encodeItem(keyMaterialItem(keyFormatType, material));
}

/**
 * Returns the material of an encoded key value, its bytes a copy; attributes inside are not looked at.
 *
 * @throws MalformedMember saying what is not as it should be, without quoting it.
 */
export function decodeKeyValueMaterial(keyFormatType: string, bytes: Uint8Array): KeyMaterial {
  const [keyValue, ...others] = readItems(bytes, 'KeyValue');
  const isOne = keyValue?.tag === TAGS.KeyValue && others.length === 0;
  if (!isOne || keyValue.type !== 'structure') {
    throw new MalformedTtlv('KeyValue', 'one structure of TTLV');
  }
  const [material, attributes, ...more] = readItems(keyValue.value, 'KeyValue');
  const known =
    material?.tag === TAGS.KeyMaterial &&
    (attributes === undefined || attributes.tag === TAGS.Attributes) &&
    more.length === 0;
  if (!known) throw new MalformedTtlv('KeyValue', 'KeyMaterial and perhaps Attributes');
  return decodeMaterial(keyFormatType, material);
}

function keyMaterialItem(keyFormatType: string, material: KeyMaterial): Item {
  assertFormatHolds(keyFormatType, material);
  const tag = TAGS.KeyMaterial;
  const structure = (items: readonly Item[]): Item => ({ tag, type: 'structure', items });
  const bigInteger = (name: Tag, value: bigint): Item => ({
    tag: TAGS[name],
    type: 'big-integer',
    value,
  });
  switch (material.kind) {
    case 'bytes':
      return keyFormatType === 'TransparentSymmetricKey'
        ? structure([{ tag: TAGS.Key, type: 'bytes', value: material.bytes }])
        : { tag, type: 'bytes', value: material.bytes };
    case 'rsa-private':
      return structure(
        rsaPrivateNumbers(material).map(([member, number]) => bigInteger(member, number)),
      );
    case 'rsa-public':
      return structure([
        bigInteger('Modulus', material.modulus),
        bigInteger('PublicExponent', material.publicExponent),
      ]);
    case 'ec-private':
      return structure([curveItem(material.curve), bigInteger('D', material.d)]);
    case 'ec-public':
      return structure([
        curveItem(material.curve),
        { tag: TAGS.QString, type: 'bytes', value: material.q },
      ]);
  }
}

function curveItem(curve: string): Item {
  const number = (RECOMMENDED_CURVES as Readonly<Record<string, number>>)[curve];
  if (number === undefined) {
    throw new KmsError('Unsupported', `the curve ${curve} has no encoding in TTLV`);
  }
  return { tag: TAGS.RecommendedCurve, type: 'enumeration', value: number };
}

function decodeMaterial(keyFormatType: string, item: ReadItem): KeyMaterial {
  const at = 'KeyValue.KeyMaterial';
  const kind = kindOfFormat(keyFormatType);
  if (kind === 'bytes' && item.type === 'bytes' && keyFormatType !== 'TransparentSymmetricKey') {
    return { kind, bytes: Buffer.from(item.value) };
  }
  if (item.type !== 'structure') throw new MalformedTtlv(at, `what ${keyFormatType} holds`);
  const read = structureReader(item.value, at);
  switch (kind) {
    case 'bytes':
      read.nothingBut(['Key']);
      return { kind, bytes: read.bytes('Key') };
    case 'rsa-private':
      read.nothingBut(Object.values(RSA_PRIVATE_MEMBERS));
      return {
        kind,
        modulus: read.number('Modulus'),
        privateExponent: read.optionalNumber('PrivateExponent'),
        publicExponent: read.optionalNumber('PublicExponent'),
        p: read.optionalNumber('P'),
        q: read.optionalNumber('Q'),
        primeExponentP: read.optionalNumber('PrimeExponentP'),
        primeExponentQ: read.optionalNumber('PrimeExponentQ'),
        crtCoefficient: read.optionalNumber('CRTCoefficient'),
      };
    case 'rsa-public':
      read.nothingBut(['Modulus', 'PublicExponent']);
      return {
        kind,
        modulus: read.number('Modulus'),
        publicExponent: read.number('PublicExponent'),
      };
    case 'ec-private':
      read.nothingBut(['RecommendedCurve', 'D']);
      return { kind, curve: read.curve(), d: read.number('D') };
    case 'ec-public':
      read.nothingBut(['RecommendedCurve', 'QString']);
      return { kind, curve: read.curve(), q: read.bytes('QString') };
  }
}

function structureReader(bytes: Buffer, at: string) {
  const items = readItems(bytes, at);
  const value = (name: Tag, type: ItemType): Buffer => {
    const item = items.find(({ tag }) => tag === TAGS[name]);
    if (item?.type === type) return item.value;
    throw new MalformedTtlv(`${at}.${name}`, `one item of type ${type}`);
  };
  const number = (name: Tag): bigint => {
    const integer = signedNumber(value(name, 'big-integer'));
    if (integer > 0n) return integer;
    throw new MalformedTtlv(`${at}.${name}`, 'a big integer above 0');
  };
  return {
    nothingBut: (names: readonly Tag[]) => {
      const tags = items.map(({ tag }) => tag);
      const known: readonly number[] = names.map((name) => TAGS[name]);
      if (new Set(tags).size === tags.length && tags.every((tag) => known.includes(tag))) return;
      throw new MalformedTtlv(at, `a structure of ${names.join(', ')} alone`);
    },
    bytes: (name: Tag) => Buffer.from(value(name, 'bytes')),
    number,
    optionalNumber: (name: Tag) =>
      items.some(({ tag }) => tag === TAGS[name]) ? number(name) : null,
    curve: () => {
      const code = value('RecommendedCurve', 'enumeration').readUInt32BE();
      const curve = Object.entries(RECOMMENDED_CURVES).find(([, other]) => other === code);
      if (curve !== undefined) return curve[0];
      throw new MalformedTtlv(`${at}.RecommendedCurve`, 'a curve that kms knows');
    },
  };
}
