// What is told of an object beside its uid, to those who hear of a run: enough to count it and to find who is
// concerned. Never its material.
import { KmsError } from './errors.js';
import type { ManagedObject } from './kmip/managed-object.js';
import type { Subject } from './rotation/subject.js';

export interface ObjectFacts {
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  /** Those of its user alone. */
  readonly tags: readonly string[];
}

export const UNKNOWN_FACTS: ObjectFacts = {
  owner: null,
  objectType: null,
  algorithm: null,
  tags: [],
};

/** Returns what is known of a subject; of a row that cannot be read its owner alone. */
export function factsOf({ row, object }: Pick<Subject, 'row' | 'object'>): ObjectFacts {
  if (object instanceof KmsError) return { ...UNKNOWN_FACTS, owner: row.owner };
  return {
    owner: row.owner,
    objectType: object.objectType,
    algorithm: algorithmOf(object),
    tags: object.attributes.tags.filter((tag) => !tag.startsWith('_')),
  };
}

/** Returns the algorithm of a key: the key block knows it best. */
export function algorithmOf({ keyBlock, attributes }: ManagedObject): string | null {
  return keyBlock?.cryptographicAlgorithm ?? attributes.cryptographicAlgorithm;
}
