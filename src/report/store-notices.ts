// What is said of a store that lacks something of ours, on standard error and in messages.
import { storeLabel, type StoreIdentity } from '../store/store-label.js';
import type { Store } from '../store/store.js';
import { formatDuration } from '../text/duration.js';

/** Says that what is shown comes from a replica, and how old it may be. */
export function onReplica({
  redactedUrl,
  replica,
}: Pick<Store, 'redactedUrl' | 'replica'>): string | null {
  if (replica === null) return null;
  const { lagSeconds, unknownBecause } = replica;
  if (lagSeconds !== null) {
    return `${redactedUrl} is a replica, ${formatDuration(lagSeconds)} behind its primary`;
  }
  return `${redactedUrl} is a replica; how far it is behind its primary is not known: ${unknownBecause ?? 'it does not say'}`;
}

/** What a document of a replica says of it; nothing of any other. */
export function replicaMember({ replica }: Pick<Store, 'replica'>): object {
  return replica === null ? {} : { replica: { lagSeconds: replica.lagSeconds } };
}

/** Says that a store has no id, and what follows from that. */
export function storeWithoutId(identity: StoreIdentity): string {
  const { databaseName } = identity;
  return `the store has no id that kms may read, so messages call it ${storeLabel(null, identity)}, as they do every database called ${databaseName}`;
}
