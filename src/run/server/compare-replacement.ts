// Whether the store has what a rotation through the server must leave: both objects, and the rights on them. What two
// objects must look like, rotation/server/replacement-differences.ts says.
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { replacementDifferences } from '../../rotation/server/replacement-differences.js';
import type { MadeRequest } from '../../rotation/server/server-request.js';
import type { Surroundings } from '../../store/find/surroundings.js';

/** Returns what is not as it must be after the rotation of a request, in words; nothing if all is. */
export function differencesOf(
  request: MadeRequest,
  objects: ReadonlyMap<string, ManagedObject>,
  rights: Pick<Surroundings, 'tags' | 'grants'>,
): readonly string[] {
  return [...differencesOfObjects(request, objects), ...lostRights(request, rights)];
}

function differencesOfObjects(
  { uid, publicUid, made, intent }: MadeRequest,
  objects: ReadonlyMap<string, ManagedObject>,
): readonly string[] {
  const pairOf = (one: string, other: string) => {
    const [replaced, replacement] = [objects.get(one), objects.get(other)];
    return replaced === undefined || replacement === undefined ? null : { replaced, replacement };
  };
  if (isOver(objects.get(uid))) return [];
  const key = pairOf(uid, made.uid);
  if (key === null) return [`${JSON.stringify(uid)} or its replacement is gone`];
  const publicKey =
    publicUid === null || made.publicUid === null ? null : pairOf(publicUid, made.publicUid);
  return [
    ...replacementDifferences(key, intent),
    ...(key.replacement.owner === intent.owner
      ? []
      : [`${JSON.stringify(made.uid)} belongs to ${key.replacement.owner}`]),
    ...(publicKey === null ? [] : replacementDifferences(publicKey, null)),
  ];
}

/** Says whether nothing is left of a replaced object to compare its replacement with. */
export function isOver(replaced: ManagedObject | undefined): boolean {
  return replaced === undefined || isDestroyed(replaced);
}

/** Whatever permissions a user has on the replacement, those on the replaced key were added to them. */
function lostRights(
  { uid, publicUid, made }: MadeRequest,
  { tags, grants }: Pick<Surroundings, 'tags' | 'grants'>,
): readonly string[] {
  const rightsOf = (one: string) => [
    ...tags.filter((tag) => tag.uid === one).map(({ tag }) => `the tag ${tag}`),
    ...grants.filter((grant) => grant.uid === one).map(({ userid }) => `the grant to ${userid}`),
  ];
  const lost = (from: string | null, to: string | null) => {
    if (from === null || to === null) return [];
    const has = rightsOf(to);
    return rightsOf(from).flatMap((right) =>
      has.includes(right) ? [] : [`${JSON.stringify(to)} lacks ${right}`],
    );
  };
  return [...lost(uid, made.uid), ...lost(publicUid, made.publicUid)];
}
