// One row of `objects` as typed values, and back to the row. Storage format §1 to §4 says what the columns mean; store/
// reads and writes rows.
import { KmsError } from '../errors.js';
import { decodeAttributes, type Attributes } from './attributes.js';
import { formatJson, parseJson, type JsonDocument, type JsonObject } from './json.js';
import { decodeKeyBlock, symmetricMaterialLength, type KeyBlock } from './key-block.js';
import { differingMembers, rememberChanges } from './known-changes.js';
import { asMap, MalformedMember, withMembers } from './members.js';
import {
  OBJECT_TYPES,
  STATES,
  DESTROYED_STATES,
  type ObjectType,
  type State,
} from './vocabulary.js';

/** A row as the database returned it: JSON as text, so that a write can require that it has not changed. */
export interface ObjectRow {
  readonly id: string;
  readonly object: string;
  readonly attributes: string;
  readonly state: string | null;
  readonly owner: string | null;
  readonly wrappingKeyId: string | null;
}

export interface ManagedObject {
  readonly uniqueIdentifier: string;
  readonly objectType: ObjectType;
  /** From the column, which is the truth (storage format §1.7). */
  readonly state: State;
  readonly owner: string;
  readonly attributes: Attributes;
  /** Null for what has no key block, as certificates. */
  readonly keyBlock: KeyBlock | null;
  /** The wrapping key named by the object itself, else by its column; null when not wrapped. */
  readonly wrappingKeyUid: string | null;
  readonly row: ObjectRow;
  readonly documents: { readonly object: JsonDocument; readonly attributes: JsonDocument };
}

/** @throws KmsError MalformedObject, naming the row and the member. */
export function decodeRow(row: ObjectRow): ManagedObject {
  return withRowUid(row.id, () => {
    const object = parseColumn(row.object, 'object');
    const attributes = parseColumn(row.attributes, 'attributes');
    const objectType = typeOf(asMap(object.value, 'object'));
    const inner = asMap(asMap(object.value, 'object')[objectType], `object.${objectType}`);
    const at = `object.${objectType}.KeyBlock`;
    const keyBlock = inner['KeyBlock'] === undefined ? null : decodeKeyBlock(inner['KeyBlock'], at);
    // Checked here, so that material that is no bytes makes this row malformed and does not stop a listing.
    if (objectType === 'SymmetricKey' && keyBlock !== null && keyBlock.keyMaterial !== null) {
      symmetricMaterialLength(keyBlock);
    }
    const columnAttributes = decodeAttributes(attributes.value, 'attributes');
    if ((columnAttributes.objectType ?? objectType) !== objectType) {
      const expected = `that of the object, ${objectType}`;
      throw new MalformedMember('attributes.ObjectType', expected, columnAttributes.objectType);
    }
    return {
      uniqueIdentifier: row.id,
      objectType,
      state: decodeState(row.state),
      owner: decodeOwner(row.owner),
      attributes: columnAttributes,
      keyBlock,
      wrappingKeyUid: wrappingKeyInBytes({ keyBlock }) ?? row.wrappingKeyId,
      row,
      documents: { object, attributes },
    };
  });
}

/** Returns the uid of the wrapping key that an object's own bytes name; null if they are not wrapped. */
export function wrappingKeyInBytes({ keyBlock }: Pick<ManagedObject, 'keyBlock'>): string | null {
  return keyBlock?.keyWrappingData?.wrappingKeyUid ?? null;
}

/** Returns the algorithm of a key; its key block knows it best. */
export function algorithmOf({
  keyBlock,
  attributes,
}: Pick<ManagedObject, 'keyBlock' | 'attributes'>): string | null {
  return keyBlock?.cryptographicAlgorithm ?? attributes.cryptographicAlgorithm;
}

/** Says whether nothing is left of an object but its attributes. */
export function isDestroyed({ state }: { readonly state: string | null }): boolean {
  return DESTROYED_STATES.some((destroyed) => destroyed === state);
}

/** Returns the attributes column of a row as a map, whatever its members. @throws like decodeRow. */
export function decodeAttributesColumn(uid: string, text: string): JsonObject {
  return withRowUid(uid, () => asMap(parseColumn(text, 'attributes').value, 'attributes'));
}

/** Returns the attributes of a row, or null if they cannot be read: loading the row says why. */
export function readableAttributes(uid: string, text: string): Attributes | null {
  try {
    return decodeAttributes(decodeAttributesColumn(uid, text), 'attributes');
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return null;
    throw error;
  }
}

/** Returns the row of an object with other attributes, embedded attributes and state. */
export function withAttributes(
  managedObject: ManagedObject,
  changes: {
    state: State;
    attributes: JsonObject;
    embedded: JsonObject | null;
    /** As it was, if absent. */
    wrappingKeyId?: string | null;
  },
): ObjectRow {
  const { documents, row } = managedObject;
  const object =
    changes.embedded === null
      ? row.object
      : formatJson(withEmbedded(managedObject, changes.embedded), documents.object.indented);
  const { wrappingKeyId = row.wrappingKeyId } = changes;
  const attributes = formatJson(changes.attributes, documents.attributes.indented);
  const after = { ...row, object, attributes, state: changes.state, wrappingKeyId };
  const { members } = managedObject.attributes;
  rememberChanges(row, after, differingMembers(members, changes.attributes));
  return after;
}

/** Returns the object with its key block changed, all else as it was read. */
export function withKeyBlock(
  { objectType, documents }: ManagedObject,
  change: (keyBlock: JsonObject) => JsonObject,
): JsonObject {
  const object = asMap(documents.object.value, 'object');
  const inner = asMap(object[objectType], objectType);
  const keyBlock = change(asMap(inner['KeyBlock'], 'KeyBlock'));
  return withMembers(object, { [objectType]: withMembers(inner, { KeyBlock: keyBlock }) });
}

/** Runs a decoder and turns what it finds malformed into an error that names the row. */
export function withRowUid<T>(uid: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof MalformedMember)) throw error;
    throw new KmsError(
      'MalformedObject',
      `the row of ${JSON.stringify(uid)} is malformed: ${error.message}`,
      {
        uid,
        hint: 'compare the row with a valid one of its kind, and repair it with the server that wrote it',
      },
    );
  }
}

function parseColumn(text: string, column: string): JsonDocument {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own message quotes the text, and with it key material.
    throw new MalformedMember(column, 'JSON without repeated or numeric member names', text);
  }
}

function typeOf(object: JsonObject): ObjectType {
  const [name, ...others] = Object.keys(object);
  if (name === undefined || others.length > 0 || !Object.hasOwn(OBJECT_TYPES, name)) {
    throw new MalformedMember('object', 'a map with one member, named by its Object Type', object);
  }
  return name as ObjectType;
}

function decodeState(text: string | null): State {
  if (text !== null && Object.hasOwn(STATES, text)) return text as State;
  throw new MalformedMember('state', 'a state of KMIP', text);
}

function decodeOwner(text: string | null): string {
  if (text !== null) return text;
  throw new MalformedMember('owner', 'a text', text);
}

function withEmbedded(managedObject: ManagedObject, embedded: JsonObject): JsonObject {
  return withKeyBlock(managedObject, (block) =>
    withMembers(block, {
      KeyValue: withMembers(asMap(block['KeyValue'], 'KeyValue'), { Attributes: embedded }),
    }),
  );
}
