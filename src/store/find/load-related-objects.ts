// Loads the objects around some others, level by level: what wraps them, counterparts of pairs, replacements of
// wrapping keys, and issuers. rotation/related-objects.ts says which.
import {
  privateUidFromName,
  keyUidsOfCertificate,
  MAX_GENERATIONS,
  MAX_WRAPPING_DEPTH,
  publicUidOf,
  relatedUids,
  type RelatedObjects,
} from '../../rotation/related-objects.js';
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { Connection } from '../connect/connection.js';
import { decodeOrError, selectRows, uidOf } from './rows.js';

/** Enough for a chain of wrapping keys, each with its counterparts, and one of replacements. */
const MAX_LEVELS = 4 * MAX_WRAPPING_DEPTH + MAX_GENERATIONS;

/**
 * Returns these objects with their related objects, and with those of the uids `alsoRelated`. If a uid is spelled in
 * another way than in its row, but the database takes the two for equal, the object is there under both: the server
 * finds it too.
 */
export async function loadRelatedObjects(
  connection: Connection,
  objects: readonly ManagedObject[],
  alsoRelated: readonly string[],
): Promise<RelatedObjects> {
  const relatedObjects = new Map<string, ManagedObject | KmsError>(
    objects.map((object) => [object.uniqueIdentifier, object]),
  );
  let wanted = [...objects.flatMap(directlyRelated), ...alsoRelated];
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const missing = [...new Set(wanted)].filter((uid) => !relatedObjects.has(uid));
    if (missing.length === 0) break;
    const found = (await selectRows(connection, missing)).map(decodeOrError);
    wanted = [];
    for (const object of found) {
      const uid = uidOf(object);
      if (uid !== null) relatedObjects.set(uid, object);
      if (!(object instanceof KmsError)) wanted.push(...relatedUids(object));
    }
    for (const [spelling, object] of otherSpellings(connection, missing, found)) {
      relatedObjects.set(spelling, object);
    }
  }
  return relatedObjects;
}

/** Returns the uids that the rotation of an object itself needs; not its replacement. */
function directlyRelated(object: ManagedObject): readonly string[] {
  const { objectType, attributes, wrappingKeyUid } = object;
  const certificate = linkTo(attributes, 'CertificateLink');
  const counterpart = objectType === 'PrivateKey' ? publicUidOf(object) : null;
  const keys = objectType === 'Certificate' ? keyUidsOfCertificate(object) : [];
  const namesake = counterpart === null ? null : privateUidFromName(counterpart);
  return [wrappingKeyUid, counterpart, namesake, certificate, ...keys].filter(
    (uid) => uid !== null,
  );
}

function otherSpellings(
  { dialect }: Connection,
  wanted: readonly string[],
  found: readonly (ManagedObject | KmsError)[],
): readonly [string, ManagedObject | KmsError][] {
  const there = new Set(found.map(uidOf));
  const byKey = new Map(found.map((object) => [dialect.collationKey(uidOf(object) ?? ''), object]));
  return wanted.flatMap((uid): [string, ManagedObject | KmsError][] => {
    const object = there.has(uid) ? undefined : byKey.get(dialect.collationKey(uid));
    return object === undefined ? [] : [[uid, object]];
  });
}
