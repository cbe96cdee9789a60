// What is told of an object beside its uid, to those who hear of a run: enough to count it and to find who is
// concerned. Never its material.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import type { Subject } from '../rotation/subject.js';

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

/** Returns the facts of subjects by uid; equal ones are one object, as a run holds those of every result to its end. */
export function factsByUid(
  subjects: readonly Pick<Subject, 'row' | 'object'>[],
): Map<string, ObjectFacts> {
  const known = new Map<string, ObjectFacts>();
  const shared = (facts: ObjectFacts) => {
    const text = JSON.stringify(facts);
    const first = known.get(text) ?? facts;
    known.set(text, first);
    return first;
  };
  return new Map(subjects.map((subject) => [subject.row.id, shared(factsOf(subject))]));
}

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
