// The context of a run as commands have it: the host's clock and name, pairs made by all its cores, progress on
// standard error. What a run does with it is run.ts's business.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, hostname, userInfo } from 'node:os';
import { clock, hostNow } from './clock.js';
import { generateKeyPair } from '../crypto/keys/generate-key-pair.js';
import type { Notifier } from '../notify/notifier.js';
import type { Diagnostics } from './diagnostics.js';
import { oncePerKind, startPairMaker, type PairMaker } from '../run/pair-pool.js';
import type { RunContext } from '../run/context.js';
import { resultEvent } from '../report/log-events.js';
import type { Store } from '../store/open.js';

/** What the command and its configuration settle. */
type Settled = Pick<
  RunContext,
  | ('runId' | 'identity' | 'firstDeadline' | 'serverKek')
  | ('withCertificates' | 'dryRun' | 'stopRequested')
>;

interface Terms extends Settled {
  readonly notifier: Notifier;
  readonly diagnostics: Diagnostics;
}

/** Does something in such a context. @throws KmsError StoreClockSkew if the database's clock is another. */
export async function inLiveContext<T>(
  store: Store,
  { notifier, diagnostics, ...settled }: Terms,
  use: (context: RunContext) => Promise<T>,
): Promise<T> {
  await store.assertClocksAgree(hostNow);
  // Not before the store is open: what is said of it would stand in the midst of a spinner.
  const progress = await diagnostics.progress('rotating');
  const pairs = pairMaker();
  try {
    return await use({
      ...settled,
      store,
      now: () => clock.now(),
      monotonicMs: () => performance.now(),
      newUid: randomUUID,
      newPair: settled.dryRun ? oncePerKind(pairs.newPair) : pairs.newPair,
      enqueueEvent: notifier.enqueueEvent,
      deliver: () => notifier.deliver(store),
      onResult: (result) => {
        diagnostics.event(resultEvent(result));
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

/** Who does this, for the rotation log. */
export function identityOf(version: string): RunContext['identity'] {
  return { host: hostname(), osUser: osUser(), version };
}

/** The worker is built beside the commands. Run from source there is none, and pairs are made in this thread. */
function pairMaker(): PairMaker {
  const worker = new URL('./pair-worker.cjs', import.meta.url);
  if (existsSync(worker)) return startPairMaker(worker, availableParallelism());
  return { newPair: generateKeyPair, close: () => Promise.resolve() };
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no user has.
    return String(process.getuid?.() ?? 'unknown');
  }
}
