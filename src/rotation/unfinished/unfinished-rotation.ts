// A rotation of which only the first half was written: replacements that link back to an object, which does not name
// them (storage format §8.1). doctor/ loads it; settle.ts decides what becomes of it.
import type { ManagedObject } from '../../kmip/managed-object.js';

/** An object as it is rotated: a pair together, by its private key. */
export interface Generation {
  readonly key: ManagedObject;
  /** Null for what is no pair. */
  readonly publicKey: ManagedObject | null;
}

/** A replacement that the replaced object does not name, and what shows whether anybody uses it. */
export interface Leftover {
  readonly made: Generation;
  /** The latest of its own replacements; itself, if it has none. */
  readonly live: Generation;
  /** From itself to the latest one. */
  readonly chain: readonly Generation[];
  /** How many objects are wrapped under it and its own replacements. */
  readonly wraps: number;
  /** Live objects that link to it, its own counterpart and what it wraps aside. */
  readonly linkedFrom: readonly string[];
  /** Tags that no server gives. */
  readonly userTags: readonly string[];
  readonly grants: number;
  /** Of a certificate, why it is not what its issuer would have made of the replaced one. */
  readonly fault: string | null;
  /** Why its latest generation does not open. */
  readonly unusable: string | null;
}

export interface UnfinishedRotation {
  readonly replaced: Generation;
  /** Each Active, or with an Active later generation; in the order of their uids. */
  readonly leftovers: readonly Leftover[];
  /** The uid that the replaced object, or its counterpart, names as its replacement, if it is there. */
  readonly namedUid: string | null;
  /** The replacement by the last word of our log, if it is there. */
  readonly loggedUid: string | null;
  /** What is named or logged, and is not there. */
  readonly missingUid: string | null;
  /** What is named, or else logged, and its latest generation; null if there is none. */
  readonly successor: Leftover | null;
  /** Why doctor leaves it to people: a key encryption key of the server, or a key in a module. */
  readonly reserved: string | null;
  /** Why nothing can be proved: a row that cannot be read, or a link in other letters than the uid that it means. */
  readonly violation: string | null;
  /** Replacements of the leftovers that those do not name either: their rotations come first. */
  readonly nested: readonly Generation[];
  /** Why the replaced object does not open. */
  readonly unusable: string | null;
  /** Certificates of the replaced pair, which would be left with a retired key. */
  readonly certificates: readonly string[];
}

/** Returns the uids of a generation: of a pair both. */
export function uidsOfGeneration({ key, publicKey }: Generation): readonly string[] {
  return [key.uniqueIdentifier, ...(publicKey === null ? [] : [publicKey.uniqueIdentifier])];
}

/** Returns its objects: of a pair both. */
export function objectsOf({ key, publicKey }: Generation): readonly ManagedObject[] {
  return publicKey === null ? [key] : [key, publicKey];
}
