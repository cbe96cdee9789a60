// Asks the server to rotate one key, once nothing speaks against it any more. ask-server.ts has the protocol that this is a
// step of, settle-requests.ts says what follows from an answer.
import type { KmsError } from '../../errors.js';
import type { ServerRotation } from '../../flows/server-rotation.js';
import { rekeyMessage, madeUidsIn, type MadeUids } from '../../kmip/server-messages.js';
import type { ObjectSummary } from '../../report/object-summary.js';
import { dependantsBehindHsm } from '../../rotation/server/server-refusal.js';
import { rekeyOperationOf } from '../../rotation/server/server-request.js';
import type { Run } from '../context.js';
import { unreachable } from './kms-server.js';
import { serverRefused } from './request-errors.js';
import type { ServerRun } from './server-run.js';
import { wrappedBy } from './wrapped-by.js';

export interface AskedFor extends ServerRotation {
  readonly objectSummary: ObjectSummary;
}

/** What came of asking for one key. */
export type Asked =
  | { readonly kind: 'made'; readonly made: MadeUids }
  /** The server was not asked. */
  | { readonly kind: 'not-asked'; readonly error: KmsError }
  /** The run is over, or the key has changed. */
  | { readonly kind: 'left' }
  /** Another run has taken the request over. */
  | { readonly kind: 'taken' }
  /** The server says that it did not do it. */
  | { readonly kind: 'undone'; readonly error: KmsError; readonly isCertain: boolean }
  /** Nobody knows, and it may still be at work. */
  | { readonly kind: 'unknown'; readonly line: string };

/** The status of a request that the server does not like, and of what its second transaction does not. */
const MAY_HAVE_BEGUN = 422;

/** A request that waits longer than so many answers take is touched before it is made, as another run might take it over. */
const FRESH_ANSWERS = 4;

/** Asks for one key. `begunMs` is when its request was made. */
export async function askFor(
  run: Run,
  { server, databaseNow }: ServerRun,
  { uid, object, dependantUids }: AskedFor,
  begunMs: number,
): Promise<Asked> {
  const stopped = server.stopped();
  if (stopped !== null)
    return { kind: 'not-asked', error: unreachable(uid, server, stopped.message) };
  if (await run.isOver()) return { kind: 'left' };
  const waitedSeconds = (run.monotonicMs() - begunMs) / 1000;
  if (waitedSeconds > FRESH_ANSWERS * server.timeoutSeconds) {
    const own = await run.store.changeRequests(run.runId, [{ uid }], await databaseNow());
    if (!own.has(uid)) return { kind: 'taken' };
  }
  const [row] = await run.store.readRows([uid]);
  const { row: before } = object;
  if (row?.attributes !== before.attributes || row.state !== before.state) return { kind: 'left' };
  const dependants = await wrappedBy(run.store, dependantUids);
  if (dependants.length > 0) {
    return { kind: 'not-asked', error: dependantsBehindHsm(uid, dependants.length) };
  }
  const operation = rekeyOperationOf(object);
  const answer = await server.ask(rekeyMessage(operation, uid));
  switch (answer.kind) {
    case 'answered': {
      const made = madeUidsIn(operation, answer.body);
      return made === null
        ? { kind: 'unknown', line: 'it answered something else' }
        : { kind: 'made', made };
    }
    case 'refused':
      return {
        kind: 'undone',
        error: serverRefused(uid, server, answer.line),
        isCertain: answer.status !== MAY_HAVE_BEGUN,
      };
    case 'failed':
      return { kind: 'undone', error: unreachable(uid, server, answer.line), isCertain: false };
    case 'not-sent':
      return { kind: 'not-asked', error: unreachable(uid, server, answer.line) };
    case 'not-asked':
      return { kind: 'not-asked', error: unreachable(uid, server, answer.error.message) };
    case 'lost':
      return { kind: 'unknown', line: answer.line };
  }
}
