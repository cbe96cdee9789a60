// Makes the contexts in which commands change a store: changeContext for any change, inRunContext for a rotation run,
// with key pairs made on all cores and progress on standard error. run.ts and policies/ use them.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { accountName } from '../files/account.js';
import { generateKeyPair } from '../crypto/keys/generate-key-pair.js';
import type { Notifier } from '../notify/notifier.js';
import type { Diagnostics } from './diagnostics.js';
import { oncePerKind, startPairPool, type PairPool } from '../run/pair-pool.js';
import type { DeliverySummary } from '../report/delivery-summary.js';
import type { RunContext, RunStore } from '../run/context.js';
import { recordDeliveries, type DeliveriesContext } from '../run/record-deliveries.js';
import { formatInstant } from '../kmip/date-time.js';
import type { InitWriter } from '../store/prepare/record-init.js';
import type { Store } from '../store/store.js';
import { clock, hostNow } from './clock.js';
import { resultRecord } from '../report/log-records.js';

/** Settled once for each change: who makes it, by which rule, and whether to stop. */
export type ChangeOptions = Pick<
  RunContext,
  'runId' | 'identity' | 'firstDeadline' | 'ends' | 'stopRequested'
>;

export interface RunOptions
  extends
    ChangeOptions,
    Pick<
      RunContext,
      | 'hsm'
      | 'kmsServer'
      | 'serverKek'
      | 'withCertificates'
      | 'overlap'
      | 'dryRun'
      | 'remindAfterSeconds'
      | 'cadenceSeconds'
    > {
  readonly notifier: Notifier;
  readonly diagnostics: Diagnostics;
}

/** Returns what every change of a store needs. */
export function changeContext<S>(store: S, options: ChangeOptions) {
  return { ...options, store, ...clocks() };
}

/** The clocks that the program gives to everything below it. */
export function clocks(): Pick<RunContext, 'now' | 'monotonicMs'> {
  return { now: () => clock.now(), monotonicMs: () => performance.now() };
}

/** Calls `use` with the context of a run. @throws KmsError StoreClockSkew if the database's clock differs. */
export async function inRunContext<T>(
  store: RunStore & Pick<Store, 'assertClocksAgree' | 'outbox'>,
  { notifier, diagnostics, ...options }: RunOptions,
  use: (context: RunContext) => Promise<T>,
): Promise<T> {
  const clockAheadSeconds = await store.assertClocksAgree(hostNow);
  // Not before the store is open: a note about it would be written into the middle of a spinner.
  const progress = await diagnostics.progress('rotating');
  const pairs = pairMaker();
  try {
    return await use({
      ...options,
      ...changeContext(store, options),
      clockAheadSeconds,
      newUid: randomUUID,
      newPair: options.dryRun ? oncePerKind(pairs.newPair) : pairs.newPair,
      enqueueEvent: notifier.enqueueEvent,
      destinations: destinationNames(notifier),
      deliver: (without) => notifier.deliver(store, without),
      onResult: (result) => {
        diagnostics.event(resultRecord(result));
      },
      onProgress: (done, of) => {
        progress.update(done, of);
      },
      onDependants: (moved) => {
        progress.detail(`re-wrapping: ${moved} dependants so far`);
      },
    });
  } finally {
    progress.stop();
    await pairs.close();
  }
}

/** Returns what sends messages outside of a run, and records which destinations refuse them. */
export function recordedDelivery(
  store: DeliveriesContext['store'] & Pick<Store, 'outbox'>,
  notifier: Notifier,
  {
    runId,
    host,
    version,
    remindAfterSeconds,
  }: Pick<RunContext, 'runId' | 'remindAfterSeconds'> &
    Pick<RunContext['identity'], 'host' | 'version'>,
): () => Promise<DeliverySummary> {
  const context = {
    ...{ store, runId, remindAfterSeconds, enqueueEvent: notifier.enqueueEvent },
    ...clocks(),
    identity: { host, version, osUser: osUser() },
    destinations: destinationNames(notifier),
    deliver: (without?: readonly string[]) => notifier.deliver(store, without),
  };
  return async () => recordDeliveries(context, await notifier.deliver(store));
}

/** Returns the names of the destinations that a configuration has. */
function destinationNames({ names, problems }: Pick<Notifier, 'names' | 'problems'>) {
  return { names, unusable: problems.map(({ destination }) => destination) };
}

/** The build puts the worker beside the program. When run from source there is none: this thread makes the pairs. */
function pairMaker(): PairPool {
  const worker = new URL('./pair-worker.cjs', import.meta.url);
  if (existsSync(worker)) return startPairPool(worker, availableParallelism());
  return { newPair: generateKeyPair, close: () => Promise.resolve() };
}

/** Returns the name of the user who runs kms, or the number of one without a name, for the rotation log. */
export function osUser(): string {
  return accountName() ?? String(process.getuid?.() ?? 'unknown');
}

/** Returns who makes or changes a store, for its log. */
export function initWriter(origin: Pick<InitWriter, 'runId' | 'host' | 'version'>): InitWriter {
  return { ...origin, osUser: osUser(), at: formatInstant(clock.now()) };
}
