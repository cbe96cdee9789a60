// What has become of requests to the server whose answers nobody has, by what the store has of their keys and of objects that
// say they replace them. It reads every attributes column once, which takes seconds in a large store.
import { KmsError, resultOrError } from '../../errors.js';
import { decodeRow, type ManagedObject } from '../../kmip/managed-object.js';
import { replacementUidOf } from '../../rotation/related-objects.js';
import {
  outcomeOf,
  saysItReplaces,
  type RequestOutcome,
} from '../../rotation/server/server-request.js';
import type { Store } from '../../store/store.js';

export type OutcomeStore = Pick<Store, 'readRows' | 'surroundings'>;

/** Returns them by uid. */
export async function requestOutcomes(
  store: OutcomeStore,
  uids: readonly string[],
): Promise<ReadonlyMap<string, RequestOutcome>> {
  if (uids.length === 0) return new Map();
  const { links, unreadable } = await store.surroundings({ uids, keysets: [] });
  const linking = links.filter(({ linkType }) => linkType === 'ReplacedObjectLink');
  const keys = await objectsIn(store, uids);
  const named = [...keys.objects.values()].flatMap((object) => replacementUidOf(object) ?? []);
  const others = await objectsIn(store, [...new Set([...linking.map(({ uid }) => uid), ...named])]);
  // One of these may be the replacement of any of the keys.
  const [closed] = [...unreadable, ...others.unreadable];
  return new Map(
    uids.map((uid): [string, RequestOutcome] => {
      if (keys.unreadable.includes(uid)) return [uid, { kind: 'unreadable', uid }];
      const replacements = [...others.objects.values()].filter((object) =>
        saysItReplaces(object, uid),
      );
      const outcome = outcomeOf(keys.objects.get(uid) ?? null, replacements);
      const isTold = outcome.kind === 'rotated' || closed === undefined;
      return [uid, isTold ? outcome : { kind: 'unreadable', uid: closed }];
    }),
  );
}

/** Returns those of the objects that are there and can be read, by uid. */
export async function readableObjects(
  store: Pick<Store, 'readRows'>,
  uids: readonly string[],
): Promise<ReadonlyMap<string, ManagedObject>> {
  return (await objectsIn(store, uids)).objects;
}

async function objectsIn(
  store: Pick<Store, 'readRows'>,
  uids: readonly string[],
): Promise<{
  readonly objects: ReadonlyMap<string, ManagedObject>;
  readonly unreadable: readonly string[];
}> {
  if (uids.length === 0) return { objects: new Map(), unreadable: [] };
  const objects = new Map<string, ManagedObject>();
  const unreadable: string[] = [];
  for (const row of await store.readRows(uids)) {
    const object = resultOrError(() => decodeRow(row));
    if (object instanceof KmsError) unreadable.push(row.id);
    else objects.set(object.uniqueIdentifier, object);
  }
  return { objects, unreadable };
}
