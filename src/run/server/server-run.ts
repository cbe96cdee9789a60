// What one run knows of the server that it asks: whether it is the right one, which is found out once, and the requests that
// no run can complete.
import type { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { Store } from '../../store/store.js';
import type { KmsServer } from './kms-server.js';
import { wrongServer } from './right-server.js';

export interface ServerRun {
  readonly server: KmsServer;
  /** Returns why nothing may be asked of it; what these keys tell is found out by the first call. */
  readonly mayNotAsk: (objects: readonly ManagedObject[]) => Promise<KmsError | null>;
  /** Remembers why a key cannot be rotated before somebody has looked at an earlier request. */
  readonly block: (uid: string, error: KmsError) => void;
  readonly blockedBy: (uid: string) => KmsError | null;
  /** Returns the time by which requests are dated, which all runs share. */
  readonly databaseNow: () => Promise<EpochSeconds>;
}

export function newServerRun(
  server: KmsServer,
  {
    store,
    runId,
    now,
  }: {
    readonly store: Pick<Store, 'databaseNow'>;
    readonly runId: string;
    readonly now: () => EpochSeconds;
  },
): ServerRun {
  let checked: Promise<KmsError | null> | null = null;
  const blocked = new Map<string, KmsError>();
  return {
    server,
    mayNotAsk: async (objects) => {
      checked ??= wrongServer(server, objects, runId);
      const error = await checked;
      if (error !== null) server.stopAsking(error);
      return error;
    },
    block: (uid, error) => {
      blocked.set(uid, error);
    },
    blockedBy: (uid) => blocked.get(uid) ?? null,
    databaseNow: async () => (await store.databaseNow()) ?? now(),
  };
}
