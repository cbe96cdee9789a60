// What events, metrics and warnings say of an object besides its uid: enough to count it and to find who is
// responsible. Never its material.
import { KmsError } from '../errors.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { algorithmOf } from '../kmip/managed-object.js';

export interface ObjectSummary {
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  /** Without system tags. */
  readonly tags: readonly string[];
}

export const UNKNOWN_OBJECT: ObjectSummary = {
  owner: null,
  objectType: null,
  algorithm: null,
  tags: [],
};

/** Returns summaries by uid. Equal ones share one object, since a run keeps that of every result to its end. */
export function objectSummariesByUid(
  candidates: readonly Pick<RotationCandidate, 'row' | 'object'>[],
): ReadonlyMap<string, ObjectSummary> {
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

/** Returns what is known of an object; if its row cannot be read, only its owner. */
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
