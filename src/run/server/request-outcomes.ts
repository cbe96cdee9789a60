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

/** Returns them by uid. @throws KmsError MalformedObject for a key whose row cannot be read. */
export async function requestOutcomes(
  store: OutcomeStore,
  uids: readonly string[],
): Promise<ReadonlyMap<string, RequestOutcome>> {
  if (uids.length === 0) return new Map();
  const { links } = await store.surroundings({ uids, keysets: [] });
  const linking = links.filter(({ linkType }) => linkType === 'ReplacedObjectLink');
  const keys = await readableObjects(store, uids);
  const named = [...keys.values()].flatMap((object) => replacementUidOf(object) ?? []);
  const others = await readableObjects(store, [
    ...new Set([...linking.map(({ uid }) => uid), ...named]),
  ]);
  return new Map(
    uids.map((uid) => {
      const replacements = [...others.values()].filter((object) => saysItReplaces(object, uid));
      return [uid, outcomeOf(keys.get(uid) ?? null, replacements)];
    }),
  );
}

/** Returns those of the objects that are there and can be read, by uid. */
export async function readableObjects(
  store: Pick<Store, 'readRows'>,
  uids: readonly string[],
): Promise<ReadonlyMap<string, ManagedObject>> {
  if (uids.length === 0) return new Map();
  const rows = await store.readRows(uids);
  const objects = rows.map((row) => resultOrError(() => decodeRow(row)));
  return new Map(
    objects.flatMap((object) =>
      object instanceof KmsError ? [] : [[object.uniqueIdentifier, object] as const],
    ),
  );
}
