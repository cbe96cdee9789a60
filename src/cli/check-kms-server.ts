// What `kms config check --connect` asks the server that runs ask: its version, and one key of the store, which it must know as
// the store does. It asks it to change nothing.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { wrongServer } from '../run/server/right-server.js';
import type { KmsServer } from '../run/server/kms-server.js';
import { isKeptByModule } from '../rotation/server/server-refusal.js';
import type { Store } from '../store/store.js';

/** How many of the store's keys the server may be asked for. */
const MOST_KEYS = 256;

/** Returns why runs could not ask the server; null if they can. `seed` makes the choice of a key another one each time. */
export async function kmsServerError(
  server: KmsServer,
  store: Pick<Store, 'findAll' | 'load'> | null,
  seed: string,
): Promise<KmsError | null> {
  const answer = await server.version();
  if (answer.kind !== 'answered') {
    return new KmsError(
      'ServerUnreachable',
      `the server ${server.name} does not tell its version: ${answer.line}`,
      { hint: 'check server.url, the certificates and the token' },
    );
  }
  return store === null ? null : wrongServer(server, await someKeys(store), seed);
}

/** Returns keys of the first page that has any that only the server opens; without those, keys of the first page. */
async function someKeys(store: Pick<Store, 'findAll' | 'load'>): Promise<readonly ManagedObject[]> {
  let others: readonly ManagedObject[] = [];
  for await (const page of store.findAll({ tags: [] })) {
    const found = await store.load(page.slice(0, MOST_KEYS).map(({ id }) => id));
    const readable = found.flatMap((candidate) => {
      const { object } = candidate;
      return object instanceof KmsError || object.state !== 'Active' ? [] : [{ candidate, object }];
    });
    const kept = readable.filter(({ candidate }) => isKeptByModule(candidate));
    if (kept.length > 0) return kept.map(({ object }) => object);
    if (others.length === 0) others = readable.map(({ object }) => object);
  }
  return others;
}
