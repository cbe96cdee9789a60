// Random forests of wrapped objects, written as rows of the server by an encoder of their own (bare JSON):
// keys of every kind under keys of every kind, to five levels, of three owners, in every state.
import { randomBytes } from 'node:crypto';
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import type { Plant } from './plant.js';
import { attributesOf } from './forest-attributes.js';
import { makeKey, type Key, type KeyHalf, type Sealed } from './key-kinds.js';
import { materialOfJson, plainBytes, type Material } from './material.js';
import { bytesItem, enumerationItem, integerItem, structure, textItem } from './ttlv.js';

export interface Planted {
  readonly rows: readonly ObjectRow[];
  /** Of everything that is not destroyed: uid to bytes, in hex. */
  readonly materials: ReadonlyMap<string, string>;
}

interface Standing {
  readonly uid: string;
  readonly key: Key;
  readonly level: number;
}

const OWNERS = ['ops@example.org', 'bob@example.org', 'carol@example.org'] as const;
const MOST_LEVELS = 5;

/** Makes the rows of a forest. Uids tell the order: what wraps stands before what it wraps. */
export function grow(plants: readonly Plant[], mostLevels = MOST_LEVELS): Planted {
  const rows: ObjectRow[] = [];
  const materials = new Map<string, string>();
  const wrapping: Standing[] = [];
  plants.forEach((one, index) => {
    const uid = `${one.kind}-${index}`;
    const under = chosen(wrapping, one.under, mostLevels);
    const key = makeKey(one.kind, one.bytesAlone);
    const wraps = key.seal !== null && one.state !== 'Destroyed';
    const replacementUid = one.replaced && wraps ? `${uid}-next` : null;
    const spot = { plant: one, under, replacementUid };
    const add = (row: ObjectRow, half: KeyHalf) => {
      rows.push(row);
      if (row.state !== 'Destroyed') materials.set(row.id, hexOf(materialOfJson(half.material)));
    };
    for (const { id, half } of halvesOf(uid, key)) add(rowOf(id, half, spot), half);
    if (wraps) wrapping.push({ uid, key, level: (under?.level ?? 0) + 1 });
    if (replacementUid === null) return;
    const next = makeKey(one.kind, one.bytesAlone);
    const nextSpot = {
      plant: { ...one, state: 'Active', policy: 'none', replaced: false } as const,
      under,
      replacementUid: null,
      replacedUid: uid,
    };
    for (const { id, half } of halvesOf(replacementUid, next)) add(rowOf(id, half, nextSpot), half);
    wrapping.push({ uid: replacementUid, key: next, level: (under?.level ?? 0) + 1 });
  });
  return { rows, materials };
}

function chosen(
  wrapping: readonly Standing[],
  number: number,
  mostLevels: number,
): Standing | null {
  const candidates = wrapping.filter(({ level }) => level < mostLevels);
  return candidates[(number % (candidates.length + 1)) - 1] ?? null;
}

function halvesOf(uid: string, { half, publicHalf }: Key) {
  const halves = [{ id: uid, half }];
  return publicHalf === null ? halves : [...halves, { id: `${uid}_pk`, half: publicHalf }];
}

interface Spot {
  readonly plant: Plant;
  readonly under: Standing | null;
  readonly replacementUid: string | null;
  readonly replacedUid?: string;
}

function rowOf(uid: string, half: KeyHalf, spot: Spot): ObjectRow {
  const { plant: one, under, replacementUid } = spot;
  const state = replacementUid !== null ? 'Deactivated' : one.state;
  const wrappingKeyUid = under === null ? null : uidNamed(under, one);
  const attributes = attributesOf(uid, half, { ...spot, state, wrappingKeyUid });
  const block = {
    KeyFormatType: half.keyFormatType,
    KeyValue: { KeyMaterial: half.material, Attributes: attributes } as unknown,
    ...(half.algorithm === null ? {} : { CryptographicAlgorithm: half.algorithm }),
    ...(half.lengthBits === null ? {} : { CryptographicLength: half.lengthBits }),
  };
  let column: object = attributes;
  if (state === 'Destroyed') {
    block.KeyFormatType = 'Raw';
    block.KeyValue = { KeyMaterial: [], ...(under === null ? { Attributes: attributes } : {}) };
    if (under !== null) column = {};
  }
  if (under !== null && wrappingKeyUid !== null) {
    const { value, data } = wrapped(half, under, one, wrappingKeyUid);
    if (state !== 'Destroyed') block.KeyValue = value;
    Object.assign(block, { KeyWrappingData: data });
  }
  const content = { KeyBlock: block };
  const object =
    half.objectType === 'SecretData' ? { SecretDataType: 'Seed', ...content } : content;
  return {
    id: uid,
    object: JSON.stringify({ [half.objectType]: object }),
    attributes: JSON.stringify(column),
    state,
    owner: OWNERS[one.owner],
    wrappingKeyId: columnOf(wrappingKeyUid, one),
  };
}

function uidNamed(under: Standing, { namesPrivateHalf }: Plant): string {
  return under.key.publicHalf === null || namesPrivateHalf ? under.uid : `${under.uid}_pk`;
}

function columnOf(wrappingKeyUid: string | null, { column }: Plant): string | null {
  if (wrappingKeyUid === null || column === 'empty') return null;
  return column === 'stale' ? 'no-such-key' : wrappingKeyUid;
}

function wrapped(half: KeyHalf, under: Standing, one: Plant, wrappingKeyUid: string) {
  const material = materialOfJson(half.material);
  const standsAlone = !/^Transparent(RSA|EC)/.test(half.keyFormatType);
  const ttlvEncoded = one.ttlvEncoded || !standsAlone;
  const plaintext = ttlvEncoded ? keyValueOf(half, material) : plainBytes(material);
  const { blob, parameters }: Sealed = under.key.seal!(plaintext, one.way);
  const data = {
    WrappingMethod: 'Encrypt',
    EncryptionKeyInformation: {
      UniqueIdentifier: wrappingKeyUid,
      ...(parameters === null ? {} : { CryptographicParameters: parameters }),
    },
    EncodingOption: ttlvEncoded ? 'TTLVEncoding' : 'NoEncoding',
  };
  return { value: [...blob], data };
}

/** The TTLV that a client exported: its inner attributes may be another object's. */
function keyValueOf(half: KeyHalf, material: Material): Buffer {
  const structured = typeof half.material === 'object' && 'Key' in half.material;
  const item =
    material.form === 'structure' || structured
      ? material.bytes
      : bytesItem('KeyMaterial', material.bytes);
  const attributes = structure(
    'Attributes',
    enumerationItem(0x420028, 3),
    integerItem(0x42002a, half.lengthBits ?? 0),
    textItem(0x420094, `exported-${randomBytes(4).toString('hex')}`),
  );
  return structure('KeyValue', item, attributes);
}

function hexOf(material: Material): string {
  return plainBytes(material).toString('hex');
}
