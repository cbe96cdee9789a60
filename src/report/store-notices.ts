// What is said of a store that lacks something of ours, on standard error and in messages.
import { storeLabel, type StoreIdentity } from '../store/store-label.js';

/** Says that a store has no id, and what follows from that. */
export function storeWithoutId(identity: StoreIdentity): string {
  const { databaseName } = identity;
  return `the store has no id that kms may read, so messages call it ${storeLabel(null, identity)}, as they do every database called ${databaseName}`;
}
