// Completes the requests to the server that a run before this one left: killed, or without an answer. The store says what has
// become of each; ask-server.ts says what may have.
import { KmsError } from '../../errors.js';
import type { MadeUids } from '../../kmip/server-messages.js';
import type { ObjectType } from '../../kmip/vocabulary.js';
import { failedResult, type RotationResult } from '../../report/rotation-result.js';
import {
  isAbandoned,
  type MadeRequest,
  type ServerRequest,
} from '../../rotation/server/server-request.js';
import { isInShard } from '../../survey/shard.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';
import { quoted } from '../../text/phrases.js';
import type { Run } from '../context.js';
import { completeRotations, NONE_COMPLETED } from './complete-rotations.js';
import { recordResults } from '../record-results.js';
import { recordLateDependants, type LateDependant } from './late-dependants.js';
import { leftUnfinished, requestOpen } from './request-errors.js';
import { readableObjects, requestOutcomes } from './request-outcomes.js';

export interface RecoveredRequests {
  readonly results: readonly RotationResult[];
  readonly lateDependants: readonly LateDependant[];
  readonly notices: readonly string[];
  /** What ended the run: the store failed. */
  readonly error: KmsError | null;
}

const NOTHING: RecoveredRequests = { ...NONE_COMPLETED, notices: [] };

/** Completes those that are wanted, whichever run made them. */
export async function recoverRequests(
  run: Run,
  isWanted: (request: ServerRequest) => boolean,
): Promise<RecoveredRequests> {
  const { serverRun, store, runId } = run;
  if (serverRun === null) return NOTHING;
  const open = (await store.openRequests()).filter(isWanted);
  const taken = open.length === 0 ? [] : await takeOver(run, open);
  if (taken.length === 0) return NOTHING;
  const startMs = run.monotonicMs();
  const outcomes = await requestOutcomes(
    store,
    taken.map(({ uid }) => uid),
  );
  const made: MadeRequest[] = [];
  const unfinished: { uid: string; made: MadeUids }[] = [];
  const ended: string[] = [];
  const notices: string[] = [];
  for (const request of taken) {
    const { uid } = request;
    const outcome = outcomes.get(uid) ?? { kind: 'overtaken' };
    switch (outcome.kind) {
      case 'rotated':
        made.push({ ...request, made: outcome.made });
        break;
      case 'unfinished':
        unfinished.push({ uid, made: outcome.made });
        serverRun.block(uid, leftUnfinished(uid, serverRun.server, outcome.made));
        break;
      case 'untouched':
        ended.push(uid);
        break;
      case 'overtaken':
        ended.push(uid);
        notices.push(overtaken(uid));
        break;
      case 'unreadable': {
        const line = `the row of ${quoted(outcome.uid)} cannot be read`;
        serverRun.block(uid, requestOpen(uid, serverRun.server, line));
        notices.push(`the request to the server for ${quoted(uid)} stays open: ${line}`);
      }
    }
  }
  if (ended.length > 0) await store.endRequests(runId, ended);
  const changes = [
    ...made.map((one) => ({ uid: one.uid, made: one.made, step: 're-arm' as const })),
    ...unfinished.map((one) => ({ ...one, step: 'unfinished' as const })),
  ];
  if (changes.length > 0) {
    await store.changeRequests(runId, changes, await serverRun.databaseNow());
  }
  const completed = await complete(run, made, startMs);
  await recordResults(run, completed.results);
  await recordLateDependants(run, completed.lateDependants);
  for (const result of completed.results) run.onResult(result);
  return { ...completed, notices };
}

/**
 * Returns whether a key passes the filters of a run, as it was when it was asked for: it may be gone since, and its
 * replacement has nothing of it yet.
 */
export function requestPasses(
  { uid, operation, intent }: ServerRequest,
  { owner, tags, objectType, shard }: SurveyFilters,
): boolean {
  const isTagged = (tag: string) => intent.tags.some((one) => one.uid === uid && one.tag === tag);
  const type: ObjectType = operation === 'ReKeyKeyPair' ? 'PrivateKey' : 'SymmetricKey';
  return (
    (owner === undefined || owner === intent.owner) &&
    tags.every(isTagged) &&
    (objectType === undefined || objectType === type) &&
    (shard === undefined || isInShard(uid, shard))
  );
}

/** Takes over what no living run is at. What a server left unfinished no run is at. */
async function takeOver(
  { serverRun, store, runId }: Run,
  open: readonly ServerRequest[],
): Promise<readonly ServerRequest[]> {
  if (serverRun === null) return [];
  const now = await serverRun.databaseNow();
  const { timeoutSeconds } = serverRun.server;
  const abandoned = open.filter(
    (request) => request.step === 'unfinished' || isAbandoned(request, now, timeoutSeconds),
  );
  if (abandoned.length === 0) return [];
  const taken = await store.takeOverRequests(abandoned, runId, now);
  return abandoned.filter(({ uid }) => taken.has(uid));
}

async function complete(
  run: Run,
  made: readonly MadeRequest[],
  startMs: number,
): Promise<Omit<RecoveredRequests, 'notices'>> {
  const { serverRun, store } = run;
  if (serverRun === null || made.length === 0) return NOTHING;
  const replacements = await readableObjects(
    store,
    made.map((one) => one.made.uid),
  );
  const wrong = await serverRun.mayNotAsk([...replacements.values()]);
  if (wrong === null) return completeRotations(run, serverRun, made, startMs);
  const results = made.map(({ uid }) => {
    const { reason, message, hint } = wrong;
    const error = new KmsError(reason, message, { uid, ...(hint === null ? {} : { hint }) });
    return failedResult(uid, 'server', error);
  });
  return { ...NONE_COMPLETED, results };
}

function overtaken(uid: string): string {
  return `the request to the server for ${quoted(uid)} has ended: the key is gone, or was replaced by somebody else; kms key lineage shows by what`;
}
