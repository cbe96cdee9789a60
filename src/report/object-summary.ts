// What is told of an object beside its uid, to those who hear of a run: enough to count it and to find who is
// concerned. Never its material.
import { KmsError } from '../errors.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { algorithmOf } from '../kmip/managed-object.js';

export interface ObjectSummary {
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  /** Those of its user alone. */
  readonly tags: readonly string[];
}

export const UNKNOWN_OBJECT: ObjectSummary = {
  owner: null,
  objectType: null,
  algorithm: null,
  tags: [],
};

/** Returns the facts of subjects by uid; equal ones are one object, as a run holds those of every result to its end. */
export function objectSummariesByUid(
  candidates: readonly Pick<RotationCandidate, 'row' | 'object'>[],
): Map<string, ObjectSummary> {
  const known = new Map<string, ObjectSummary>();
  const shared = (objectSummary: ObjectSummary) => {
    const text = JSON.stringify(objectSummary);
    const first = known.get(text) ?? objectSummary;
    known.set(text, first);
    return first;
  };
  return new Map(
    candidates.map((candidate) => [candidate.row.id, shared(objectSummaryOf(candidate))]),
  );
}

/** Returns what is known of a subject; of a row that cannot be read its owner alone. */
export function objectSummaryOf({
  row,
  object,
}: Pick<RotationCandidate, 'row' | 'object'>): ObjectSummary {
  if (object instanceof KmsError) return { ...UNKNOWN_OBJECT, owner: row.owner };
  return {
    owner: row.owner,
    objectType: object.objectType,
    algorithm: algorithmOf(object),
    tags: object.attributes.tags.filter((tag) => !tag.startsWith('_')),
  };
}
