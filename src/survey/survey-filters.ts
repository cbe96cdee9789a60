// The filters of a survey: what the database narrows by (owner and tags), and what only a row itself says (type, shard).
import type { ObjectFilters, FoundRow } from '../store/find/found-pages.js';
import { isInShard, type Shard } from './shard.js';
import { decodeAttributesColumn } from '../kmip/managed-object.js';
import { memberReader, MalformedMember } from '../kmip/members.js';
import { OBJECT_TYPES } from '../kmip/vocabulary.js';
import { KmsError } from '../errors.js';

export interface SurveyFilters extends ObjectFilters {
  readonly objectType?: string | undefined;
  readonly shard?: Shard | undefined;
}

/** Says whether a row passes the filters that the database was not asked to apply. */
export function passesFilters(foundRow: FoundRow, { objectType, shard }: SurveyFilters): boolean {
  if (shard !== undefined && !isInShard(foundRow.id, shard)) return false;
  return ofType(foundRow, objectType);
}

/** Says whether every row passes. */
export function isUnfiltered({ owner, tags, objectType, shard }: SurveyFilters): boolean {
  return tags.length === 0 && [owner, objectType, shard].every((one) => one === undefined);
}

/** A row whose type cannot be read is of any type: it must not go unseen. */
function ofType(foundRow: FoundRow, objectType: string | undefined): boolean {
  if (objectType === undefined) return true;
  try {
    const members = decodeAttributesColumn(foundRow.id, foundRow.attributes);
    const found = memberReader(members, 'attributes').enumeration('ObjectType', OBJECT_TYPES);
    return (found ?? objectType) === objectType;
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return true;
    throw error;
  }
}
