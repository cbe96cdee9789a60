// The second half of a rotation through the server: arms what it has made, gives that the owner, tags and grants of the
// replaced key in one transaction with the log, the events and the end of the request, and looks at the result. All of it may
// be done twice, so that the next run goes on where this one was killed: see ask-server.ts.
import type { KmsError } from '../../errors.js';
import type { Rotation } from '../../flows/change.js';
import { deadlineOf, type FirstDeadlineRule } from '../../rotation/deadline.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { declinesRotation, decodeRotationPolicy } from '../../kmip/rotation-policy.js';
import {
  isAttributeSet,
  setAttributeMessage,
  type NewAttribute,
} from '../../kmip/server-messages.js';
import { objectSummaryOf } from '../../report/object-summary.js';
import {
  failedResult,
  rotatedResult,
  skippedResult,
  type RotationResult,
} from '../../report/rotation-result.js';
import { replacementUidOf } from '../../rotation/related-objects.js';
import { quoted } from '../../text/phrases.js';
import { isArmed } from '../../rotation/server/replacement-differences.js';
import {
  saysItReplaces,
  type MadeRequest,
  type ServerRequest,
} from '../../rotation/server/server-request.js';
import type { Run } from '../context.js';
import { unitOf } from '../write-rotations.js';
import { differencesOf, isOver } from './compare-replacement.js';
import { inParallel } from './in-parallel.js';
import { lateDependantsUnder, type LateDependant } from './late-dependants.js';
import { unreachable } from './kms-server.js';
import {
  answeredForAnother,
  notArmed,
  replacementDiffers,
  requestOpen,
  serverRefused,
} from './request-errors.js';
import { readableObjects } from './request-outcomes.js';
import type { ServerRun } from './server-run.js';

export interface CompletedRotations {
  readonly results: readonly RotationResult[];
  /** What came under a key while the server re-keyed it. */
  readonly lateDependants: readonly LateDependant[];
  /** Why the rest is left to the next run. */
  readonly error: KmsError | null;
}

export const NONE_COMPLETED: CompletedRotations = { results: [], lateDependants: [], error: null };

/** Completes requests of this run. `startMs` is when their rotation began. */
export async function completeRotations(
  run: Run,
  serverRun: ServerRun,
  requests: readonly MadeRequest[],
  startMs: number,
): Promise<CompletedRotations> {
  if (requests.length === 0) return NONE_COMPLETED;
  const { server } = serverRun;
  const objects = await readableObjects(run.store, requests.flatMap(uidsIn));
  const armed = await inParallel(requests, server.concurrency, (request) =>
    arm(serverRun, request, objects),
  );
  const again = await readableObjects(run.store, requests.flatMap(uidsIn));
  const open = await run.state.conditionKeys();
  const [results, units]: [RotationResult[], Unit[]] = [[], []];
  for (const [index, request] of requests.entries()) {
    const unit = unitFor(run, request, again, { startMs, open });
    const error = armed[index] ?? (unit === null ? notArmed(request.uid, request.made) : null);
    if (error !== null) results.push(failed(request, error, again));
    else if (unit !== null) units.push(unit);
  }
  const { outcomes, error } = await run.store.apply(units.map(({ work }) => work));
  const written = units.filter((_, index) => outcomes[index]?.kind === 'written');
  for (const [index, { request }] of units.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'failed') results.push(failed(request, outcome.error, again));
    // Another run has taken it over.
    else if (outcome?.kind === 'conflict') results.push(skippedResult(request.uid, 'server'));
  }
  run.state.retire(written.flatMap(({ request }) => request.publicUid ?? []));
  results.push(...(await compared(run, written)));
  const lateDependants = await lateDependantsUnder(
    run,
    written.map(({ request }) => request),
  );
  return { results, lateDependants, error };
}

function uidsIn({ uid, publicUid, made }: MadeRequest): readonly string[] {
  return [uid, publicUid, made.uid, made.publicUid].filter((one) => one !== null);
}

/** Gives a replacement its schedule. Returns why it could not. */
async function arm(
  { server }: ServerRun,
  request: MadeRequest,
  objects: ReadonlyMap<string, ManagedObject>,
): Promise<KmsError | null> {
  const { uid, made, intent } = request;
  const [replaced, replacement] = [objects.get(uid), objects.get(made.uid)];
  if (replacement === undefined || !madeOf(request, objects)) {
    const error = answeredForAnother(uid, server, made);
    server.stopAsking(error);
    return error;
  }
  // The next run goes by the store: the key may name another replacement, or none yet.
  if (replaced !== undefined && !isOver(replaced) && replacementUidOf(replaced) !== made.uid) {
    return requestOpen(uid, server, `${quoted(uid)} does not link to ${quoted(made.uid)}`);
  }
  for (const attribute of missingAttributes(replacement, intent)) {
    const answer = await server.askSafely(setAttributeMessage(made.uid, attribute));
    if (answer.kind === 'not-asked') return unreachable(uid, server, answer.error.message);
    if (answer.kind === 'refused') return serverRefused(uid, server, answer.line);
    if (answer.kind !== 'answered') return unreachable(uid, server, answer.line);
    if (!isAttributeSet(made.uid, answer.body)) {
      return unreachable(uid, server, 'it answered something else');
    }
  }
  return null;
}

/** Says whether the objects that the server named replace the key, or the pair: their tags and owner are about to change. */
function madeOf(
  { uid, publicUid, made }: MadeRequest,
  objects: ReadonlyMap<string, ManagedObject>,
): boolean {
  const replaces = (one: string | null, other: string | null) => {
    if (one === null || other === null) return one === other;
    const object = objects.get(one);
    return object !== undefined && saysItReplaces(object, other);
  };
  return replaces(made.uid, uid) && replaces(made.publicUid, publicUid);
}

/** The interval first: the server sets the flag by itself where there is none. */
function missingAttributes(
  { attributes }: ManagedObject,
  { policy }: Pick<ServerRequest['intent'], 'policy'>,
): readonly NewAttribute[] {
  const { intervalSeconds: interval, offsetSeconds: offset, automatic } = policy;
  const wanted: (NewAttribute | null)[] = [
    interval === null || (attributes.rotateInterval ?? 0) === interval
      ? null
      : { name: 'RotateInterval', seconds: interval },
    offset === null || attributes.rotateOffset === offset
      ? null
      : { name: 'RotateOffset', seconds: offset },
    automatic === null || attributes.rotateAutomatic === automatic
      ? null
      : { name: 'RotateAutomatic', value: automatic },
  ];
  return wanted.filter((attribute) => attribute !== null);
}

interface Unit {
  readonly request: MadeRequest;
  readonly rotation: Rotation;
  readonly result: RotationResult;
  readonly work: ReturnType<typeof unitOf>;
}

/** Null if the replacement does not have its schedule. */
function unitFor(
  run: Run,
  request: MadeRequest,
  objects: ReadonlyMap<string, ManagedObject>,
  { startMs, open }: { readonly startMs: number; readonly open: ReadonlySet<string> },
): Unit | null {
  const { uid, made, intent } = request;
  const replacement = objects.get(made.uid);
  if (replacement === undefined || !isArmed(replacement, intent.policy)) return null;
  const rotation = rotationOf(request, replacement, run.firstDeadline);
  const objectSummary = summaryOf(objects.get(uid) ?? replacement);
  const durationMs = Math.round(run.monotonicMs() - startMs);
  const { owner } = intent;
  const heirs = [{ uid: made.uid, replacedUid: uid, owner }];
  if (request.publicUid !== null && made.publicUid !== null) {
    heirs.push({ uid: made.publicUid, replacedUid: request.publicUid, owner });
  }
  return {
    request,
    rotation,
    result: rotatedResult(rotation, false, { dependantsRewrapped: 0 }, objectSummary),
    work: {
      ...unitOf(run, { ...rotation, objectSummary }, durationMs, open),
      completes: { uid, runId: run.runId, heirs },
    },
  };
}

/** A rotation of which nothing is left to write but rows of our own. */
function rotationOf(
  { uid, publicUid, made, intent }: MadeRequest,
  replacement: ManagedObject,
  firstDeadline: FirstDeadlineRule,
): Rotation {
  const { attributes } = replacement;
  return {
    uid,
    flow: 'server',
    replacementUid: made.uid,
    ...(publicUid === null || made.publicUid === null
      ? {}
      : { publicKeyUid: publicUid, publicKeyReplacementUid: made.publicUid }),
    inKeyset: attributes.rotateName !== null,
    generation: attributes.rotateGeneration ?? intent.generation + 1,
    nextDeadline: nextDeadline(replacement, firstDeadline),
    policy: intent.policy,
    changes: [],
    rewrapping: null,
    notices: [],
  };
}

function nextDeadline(
  { attributes: { members } }: ManagedObject,
  firstDeadline: FirstDeadlineRule,
): EpochSeconds | null {
  if (declinesRotation(members) !== null) return null;
  return deadlineOf(decodeRotationPolicy(members), firstDeadline).at;
}

function failed(
  { uid }: MadeRequest,
  error: KmsError,
  objects: ReadonlyMap<string, ManagedObject>,
): RotationResult {
  const object = objects.get(uid);
  return object === undefined
    ? failedResult(uid, 'server', error)
    : failedResult(uid, 'server', error, summaryOf(object));
}

function summaryOf(object: ManagedObject) {
  return objectSummaryOf({ row: object.row, object });
}

/** Reads what was written again, and returns results: a failure for each that does not look like a rotation. */
async function compared(run: Run, written: readonly Unit[]): Promise<readonly RotationResult[]> {
  if (written.length === 0) return [];
  const uids = written.flatMap(({ request }) => uidsIn(request));
  const objects = await readableObjects(run.store, uids);
  const rights = await run.store.rightsOn(uids);
  return written.map(({ request, result }) => {
    const differences = differencesOf(request, objects, rights);
    if (differences.length === 0) return result;
    const error = replacementDiffers(request.uid, request.made, differences);
    return { ...result, outcome: 'failed' as const, error };
  });
}
