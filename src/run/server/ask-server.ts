// Rotates keys that only a server's hardware security module opens, by asking the server. It takes two transactions of its own
// and drops schedule, user tags and grants, so each rotation is a protocol, whose step is written down before it is taken:
//
//   1. the request, with what the key has (step `re-key`)       4. owner, tags, grants, log, events, end of the request
//   2. Re-Key                                                   5. both rows are read again and compared
//   3. the uid of the replacement (step `re-arm`); SetAttribute
//
// Where a run may die, and what the next one finds (recover-requests.ts), once no living run can be at it any more:
//   before 1      nothing was done, and the key is due as before
//   1 to 2        the request, and no replacement: the server was not asked, or did nothing. The request ends; a new one is made
//   in 2          the server goes on without us: no replacement (as before), both links (go on at 3), or a replacement that the
//                 key does not name: the server died between its transactions, and kms doctor decides with what 1 wrote down
//   2 to 4        both links: 3 is done again, which changes nothing the second time, and then 4
//   after 4       the rotation is complete; a comparison that was not made is made by kms report and kms doctor
// An answer that is lost is like a death in 2. So no key is re-keyed twice for one request, and there is one for each key.
import { asKmsError, KmsError } from '../../errors.js';
import type { ServerRotation } from '../../flows/server-rotation.js';
import { rekeyMessage, madeUidsIn, type MadeUids } from '../../kmip/server-messages.js';
import type { ObjectSummary } from '../../report/object-summary.js';
import { failedResult, skippedResult, type RotationResult } from '../../report/rotation-result.js';
import { publicUidOf } from '../../rotation/related-objects.js';
import { dependantsBehindHsm, meansAnother } from '../../rotation/server/server-refusal.js';
import {
  policyAfter,
  rekeyOperationOf,
  type MadeRequest,
  type RequestOutcome,
  type ServerRequest,
} from '../../rotation/server/server-request.js';
import type { Surroundings } from '../../store/find/surroundings.js';
import type { Run } from '../context.js';
import { completeRotations } from './complete-rotations.js';
import type { LateDependant } from './late-dependants.js';
import { inParallel } from './in-parallel.js';
import { unreachable } from './kms-server.js';
import { leftUnfinished, requestOpen, serverRefused } from './request-errors.js';
import { requestOutcomes } from './request-outcomes.js';
import type { ServerRun } from './server-run.js';
import { wrappedBy } from './wrapped-by.js';

export interface AskedFor extends ServerRotation {
  readonly objectSummary: ObjectSummary;
}

export interface AskedServer {
  readonly results: readonly RotationResult[];
  /** Keys to load again, as they have changed, or the run was over before they were asked for. */
  readonly left: readonly string[];
  readonly lateDependants: readonly LateDependant[];
  /** What ended the run: the store failed. What was asked of the server, the next run completes. */
  readonly error: KmsError | null;
}

export const NONE_ASKED: AskedServer = { results: [], left: [], lateDependants: [], error: null };

/** Rotates keys. */
export async function askServer(
  run: Run,
  serverRun: ServerRun,
  keys: readonly AskedFor[],
): Promise<AskedServer> {
  try {
    return keys.length === 0 ? NONE_ASKED : await rotateAll(run, serverRun, keys);
  } catch (error) {
    return { ...NONE_ASKED, error: asKmsError(error) };
  }
}

async function rotateAll(
  run: Run,
  serverRun: ServerRun,
  keys: readonly AskedFor[],
): Promise<AskedServer> {
  const startMs = run.monotonicMs();
  const wrong = serverRun.server.stopped() ?? (await serverRun.mayNotAsk(keys.map(objectIn)));
  if (wrong !== null) {
    return { ...NONE_ASKED, results: keys.map((key) => failedFor(key, notAsked(key, wrong))) };
  }
  const mistaken = await mistakenFor(run, keys);
  const meant = keys.filter(({ uid }) => !mistaken.has(uid));
  const requests = await requestsFor(run, serverRun, meant);
  const begun = await run.store.beginRequests([...requests.values()]);
  const results = keys
    .filter(({ uid }) => !begun.has(uid))
    .map((key) => {
      const error = mistaken.get(key.uid) ?? serverRun.blockedBy(key.uid);
      return error === null ? skippedResult(key.uid, 'server') : failedFor(key, error);
    });
  const own = keys.filter(({ uid }) => begun.has(uid));
  const asked = await inParallel(own, serverRun.server.concurrency, (key) =>
    askFor(run, serverRun, key, startMs),
  );
  const settled = await settle(run, serverRun, own, asked);
  const made = settled.made.flatMap(({ uid, made }): MadeRequest[] => {
    const request = requests.get(uid);
    return request === undefined ? [] : [{ ...request, made }];
  });
  const completed = await completeRotations(run, serverRun, made, startMs);
  return {
    results: [...results, ...settled.results, ...completed.results],
    left: settled.left,
    lateDependants: completed.lateDependants,
    error: completed.error,
  };
}

/** Returns why those keys are not asked for whose uids are names of keysets that they are not the latest of. */
async function mistakenFor(
  { store }: Run,
  keys: readonly AskedFor[],
): Promise<ReadonlyMap<string, KmsError>> {
  const keysets = await store.keysets(keys.map(({ uid }) => uid));
  return new Map(
    keys.flatMap(({ uid }): [string, KmsError][] => {
      const error = meansAnother(uid, keysets.get(uid) ?? []);
      return error === null ? [] : [[uid, error]];
    }),
  );
}

function objectIn({ object }: AskedFor) {
  return object;
}

function failedFor({ uid, objectSummary }: AskedFor, error: KmsError): RotationResult {
  return failedResult(uid, 'server', error, objectSummary);
}

/** Each key has a failure of its own, with the reason why none is asked for. */
function notAsked({ uid }: AskedFor, { reason, message, hint }: KmsError): KmsError {
  return new KmsError(reason, message, { uid, ...(hint === null ? {} : { hint }) });
}

async function requestsFor(
  run: Run,
  { databaseNow }: ServerRun,
  keys: readonly AskedFor[],
): Promise<ReadonlyMap<string, ServerRequest>> {
  const uids = keys.flatMap(({ object }) => pairUidsOf(object));
  const { tags, grants } = await run.store.rightsOn(uids);
  const now = await databaseNow();
  return new Map(
    keys.map((key) => [key.uid, requestFor(key, { tags, grants, now, runId: run.runId })]),
  );
}

function requestFor(
  { uid, object, disarm }: AskedFor,
  {
    tags,
    grants,
    now,
    runId,
  }: Pick<Surroundings, 'tags' | 'grants'> & { readonly now: number; readonly runId: string },
): ServerRequest {
  const uids = pairUidsOf(object);
  const isOwn = (one: { readonly uid: string }) => uids.includes(one.uid);
  return {
    uid,
    publicUid: uids[1] ?? null,
    operation: rekeyOperationOf(object),
    intent: {
      owner: object.owner,
      policy: policyAfter(object, disarm),
      generation: object.attributes.rotateGeneration ?? 0,
      names: object.attributes.names,
      tags: tags.filter(isOwn),
      grants: grants.filter(isOwn),
    },
    step: 're-key',
    made: null,
    runId,
    begunAt: now,
    touchedAt: now,
  };
}

function pairUidsOf(object: AskedFor['object']): readonly string[] {
  const uid = object.uniqueIdentifier;
  return object.objectType === 'PrivateKey' ? [uid, publicUidOf(object)] : [uid];
}

/** What came of asking for one key. */
type Asked =
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

async function askFor(
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

interface Settled {
  readonly made: readonly { readonly uid: string; readonly made: MadeUids }[];
  readonly results: readonly RotationResult[];
  readonly left: readonly string[];
}

/**
 * Writes down what is known of each request: the replacement, or that it came to nothing. Where the server said no, or
 * nothing, the store tells. What nobody knows stays open.
 */
async function settle(
  run: Run,
  { server, databaseNow, block }: ServerRun,
  keys: readonly AskedFor[],
  asked: readonly Asked[],
): Promise<Settled> {
  const doubtful = keys.filter((_, index) => isDoubtful(asked[index]));
  const outcomes = await requestOutcomes(
    run.store,
    doubtful.map(({ uid }) => uid),
  );
  const results: RotationResult[] = [];
  const [made, ended, left]: [{ uid: string; made: MadeUids }[], string[], string[]] = [[], [], []];
  const unfinished: { uid: string; made: MadeUids }[] = [];
  for (const [index, key] of keys.entries()) {
    const { uid } = key;
    const one = asked[index];
    if (one === undefined) continue;
    const known = knownOf(one, outcomes.get(uid));
    if (known === 'untouched') {
      ended.push(uid);
      if (one.kind === 'left') left.push(uid);
      else if ('error' in one) results.push(failedFor(key, one.error));
    } else if (known === 'taken') results.push(skippedResult(uid, 'server'));
    else if (known === 'open') {
      const line = lineOf(one);
      results.push(failedFor(key, requestOpen(uid, server, line)));
    } else if (known.kind === 'unfinished') {
      unfinished.push({ uid, made: known.made });
      const error = leftUnfinished(uid, server, known.made);
      block(uid, error);
      results.push(failedFor(key, error));
    } else made.push({ uid, made: known.made });
  }
  if (ended.length > 0) await run.store.endRequests(run.runId, ended);
  const changes = [
    ...made.map((one) => ({ ...one, step: 're-arm' as const })),
    ...unfinished.map((one) => ({ ...one, step: 'unfinished' as const })),
  ];
  if (changes.length === 0) return { made, results, left };
  const own = await run.store.changeRequests(run.runId, changes, await databaseNow());
  const lost = made.filter(({ uid }) => !own.has(uid));
  return {
    made: made.filter(({ uid }) => own.has(uid)),
    results: [...results, ...lost.map(({ uid }) => skippedResult(uid, 'server'))],
    left,
  };
}

function lineOf(asked: Asked): string {
  if ('line' in asked) return asked.line;
  return 'error' in asked ? asked.error.message : '';
}

function isDoubtful(asked: Asked | undefined): boolean {
  return asked?.kind === 'undone' ? !asked.isCertain : asked?.kind === 'unknown';
}

type Known =
  | 'untouched'
  | 'taken'
  | 'open'
  | { readonly kind: 'made' | 'unfinished'; readonly made: MadeUids };

function knownOf(asked: Asked, outcome: RequestOutcome | undefined): Known {
  switch (asked.kind) {
    case 'made':
      return asked;
    case 'left':
    case 'not-asked':
      return 'untouched';
    case 'taken':
      return 'taken';
    case 'undone':
      if (outcome?.kind === 'rotated') return { kind: 'made', made: outcome.made };
      if (outcome?.kind === 'unreadable') return 'open';
      return outcome?.kind === 'unfinished' ? outcome : 'untouched';
    case 'unknown':
      // A replacement that the key does not name yet may be the first half of what the server is doing just now.
      return outcome?.kind === 'rotated' ? { kind: 'made', made: outcome.made } : 'open';
  }
}
