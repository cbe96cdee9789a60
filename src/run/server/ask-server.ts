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
import { skippedResult, type RotationResult } from '../../report/rotation-result.js';
import { publicUidOf } from '../../rotation/related-objects.js';
import { meansAnother } from '../../rotation/server/server-refusal.js';
import {
  policyAfter,
  rekeyOperationOf,
  type MadeRequest,
  type ServerRequest,
} from '../../rotation/server/server-request.js';
import type { Surroundings } from '../../store/find/surroundings.js';
import type { Run } from '../context.js';
import { askFor, type AskedFor } from './ask-for.js';
import { completeRotations } from './complete-rotations.js';
import type { LateDependant } from './late-dependants.js';
import { inParallel } from './in-parallel.js';
import type { ServerRun } from './server-run.js';
import { failedFor, settleRequests } from './settle-requests.js';

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
  const settled = await settleRequests(run, serverRun, own, asked);
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
