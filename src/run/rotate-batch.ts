// Rotates some objects together: load fresh, prepare, write, and what came of each. The place where the failure
// of one object becomes a result and the run goes on; one that met a conflict has its turn again.
import { wrappingCertificates } from '../survey/certificate-links.js';
import { concurrentChange, TRIES } from './retry-conflicts.js';
import { asKmsError, KmsError } from '../errors.js';
import type { RotationContext, Rotation } from '../flows/change.js';
import { flowOf } from '../flows/flow-name.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import {
  objectSummariesByUid,
  objectSummaryOf,
  UNKNOWN_OBJECT,
  type ObjectSummary,
} from '../report/object-summary.js';
import { failedResult, rotatedResult, skippedResult, type Result } from '../report/run-report.js';
import type { Run } from './context.js';
import { mayHaveWrapped, publicUidOf } from '../rotation/related-objects.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { LoadOptions } from '../store/find/load-candidates.js';
import { logFailures, writeRotations, type KnownRotation } from './write-rotations.js';

/** Returns what to write for a subject; `unconcerned` if it is no longer the run's business. */
export type Prepare = (
  candidate: RotationCandidate,
  rotationContext: RotationContext,
) => Promise<Rotation | 'unconcerned' | 'skipped'>;

export interface Batch {
  /** In the order asked for; what is committed is here, whatever happened after. */
  readonly results: readonly Result[];
  readonly notices: readonly string[];
  /** Whether the run ended in its midst. */
  readonly interrupted: boolean;
  /** What ended the run, if something did. */
  readonly error: KmsError | null;
}

export async function rotateBatch(
  run: Run,
  uids: readonly string[],
  prepare: Prepare,
): Promise<Batch> {
  const results = new Map<string, Result>();
  const objectSummary = new Map<string, ObjectSummary>();
  const notices: string[] = [];
  const timed = timing(run);
  const inOrder = () => uids.flatMap((uid) => results.get(uid) ?? []);
  try {
    let pending = uids;
    for (let tries = 1; pending.length > 0 && tries <= TRIES; tries += 1) {
      if (tries > 1 && (await run.isOver())) {
        return { results: inOrder(), notices, interrupted: true, error: null };
      }
      pending = await rotateOnce(run, pending, prepare, { results, objectSummary, notices, timed });
    }
    for (const uid of pending) {
      results.set(
        uid,
        timed(failedResult(uid, null, concurrentChange(uid), objectSummary.get(uid))),
      );
    }
    await logFailures(run, inOrder());
    return { results: inOrder(), notices, interrupted: false, error: null };
  } catch (failure) {
    return { results: inOrder(), notices, interrupted: false, error: asKmsError(failure) };
  }
}

interface Findings {
  readonly results: Map<string, Result>;
  readonly objectSummary: Map<string, ObjectSummary>;
  readonly notices: string[];
  readonly timed: (result: Result) => Result;
}

/** Returns what notes of a result how long it was in work, from now on. */
function timing({ monotonicMs }: Run): Findings['timed'] {
  const fromMs = monotonicMs();
  return (result) => ({ ...result, took: { fromMs, toMs: monotonicMs() } });
}

/** Loads, prepares and applies; notes what came of it and returns the uids that met a conflict. */
async function rotateOnce(
  run: Run,
  uids: readonly string[],
  prepare: Prepare,
  { results, objectSummary, notices, timed }: Findings,
): Promise<readonly string[]> {
  const beganMs = run.monotonicMs();
  const loaded = await run.store.load(uids, serverKekLoadOptions(run));
  const candidates = run.withCertificates ? await withRelatedCertificates(run, loaded) : loaded;
  for (const [uid, known] of objectSummariesByUid(candidates)) objectSummary.set(uid, known);
  const rotationContext = await rotationContextOf(run, candidates);
  const attempts = await Promise.all(
    candidates.map(async (candidate) => {
      const prepared = await attempt(candidate, prepare, rotationContext);
      return 'outcome' in prepared ? timed(prepared) : prepared;
    }),
  );
  const rotations: KnownRotation[] = [];
  for (const prepared of attempts) {
    if ('outcome' in prepared) results.set(prepared.uid, prepared);
    else if ('changes' in prepared) {
      rotations.push({
        ...prepared,
        objectSummary: objectSummary.get(prepared.uid) ?? UNKNOWN_OBJECT,
      });
    }
  }
  try {
    const { outcomes, error } = await writeRotations(run, rotations, beganMs);
    for (const [index, rotation] of rotations.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind === 'failed') {
        const { uid, flow } = rotation;
        results.set(uid, timed(failedResult(uid, flow, outcome.error, rotation.objectSummary)));
      }
      if (outcome?.kind === 'not-tried' && rotation.rewrapping !== null && error === null) {
        notices.push(rolledBack(rotation));
      }
      if (outcome?.kind !== 'written') continue;
      const result = rotatedResult(rotation, run.dryRun, outcome, rotation.objectSummary);
      results.set(rotation.uid, timed(result));
      notices.push(...rotation.notices);
      for (const uid of retiredBeside(rotation)) run.retired.add(uid);
    }
    if (error !== null) throw error;
  } finally {
    for (const { rewrapping } of rotations) rewrapping?.wipe();
  }
  return rotations.map(({ uid }) => uid).filter((uid) => !results.has(uid));
}

/**
 * A certificate may link to a pair that does not link back. Where one was replaced since they were looked for, they
 * are looked for anew: nothing else leads to its successor.
 */
async function withRelatedCertificates(
  run: Run,
  candidates: readonly RotationCandidate[],
): Promise<readonly RotationCandidate[]> {
  const pairUids = candidates.flatMap(({ object }) =>
    object instanceof KmsError || object.objectType !== 'PrivateKey'
      ? []
      : [object.uniqueIdentifier, publicUidOf(object)],
  );
  if (pairUids.length === 0) return candidates;
  const load = async () => {
    const naming = (await run.certificates()).filter(({ linkedUids }) =>
      linkedUids.some((uid) => pairUids.includes(uid)),
    );
    const uids = naming.map(({ uid }) => uid);
    const related = await run.store.loadRelated(uids);
    return { related, isStale: uids.some((uid) => isGone(related.get(uid))) };
  };
  let found = await load();
  if (found.isStale) {
    run.forgetCertificates();
    found = await load();
  }
  return candidates.map((candidate) => ({
    ...candidate,
    relatedObjects: new Map([...found.related, ...candidate.relatedObjects]),
  }));
}

/** One that cannot be read may be in use. */
function isGone(certificate: ManagedObject | KmsError | undefined): boolean {
  return !(certificate instanceof KmsError) && certificate?.state !== 'Active';
}

/** A uid that is set, but names no object of the store, tells nothing: the server's key is looked for all the same. */
function serverKekLoadOptions({ serverKek: { uid } }: Run): LoadOptions {
  const inStore = uid !== null && uid !== 'none' && !isHsmUid(uid);
  return { alsoRelated: inStore ? [uid] : [], detectServerKek: uid === null || inStore };
}

/** Returns the uids of what a rotation retires along with its own object, which has had its turn. */
function retiredBeside({ uid, changes }: Rotation): readonly string[] {
  const retired = changes.flatMap((change) => (change.kind === 'retire' ? [change.before.id] : []));
  return retired.filter((id) => id !== uid);
}

function rolledBack({ uid }: Rotation): string {
  return `the rotation of ${JSON.stringify(uid)} and all that it wraps was not finished in time, and was rolled back: nothing of it is written`;
}

async function attempt(
  candidate: RotationCandidate,
  prepare: Prepare,
  rotationContext: RotationContext,
): Promise<Rotation | Result | { unconcerned: true }> {
  const { object, row } = candidate;
  const flow =
    object instanceof KmsError ? null : flowOf(object, candidate, rotationContext.serverKek);
  try {
    const prepared = await prepare(candidate, rotationContext);
    if (prepared === 'unconcerned') return { unconcerned: true };
    return prepared === 'skipped' ? skippedResult(row.id, flow) : prepared;
  } catch (error) {
    if (error instanceof KmsError)
      return failedResult(row.id, flow, error, objectSummaryOf(candidate));
    throw error;
  }
}

/** Every row is read for dependants in disguise, or certificates, only where something to be rotated asks for it. */
async function rotationContextOf(
  run: Run,
  candidates: readonly RotationCandidate[],
): Promise<RotationContext> {
  const { firstDeadline, newUid, newPair, serverKek, issuersNamed, withCertificates } = run;
  const wrappingKeyMismatches = candidates.some(mayWrapOthers)
    ? await run.wrappingKeyMismatches()
    : [];
  const isPair = candidates.some(
    ({ object }) => !(object instanceof KmsError) && object.objectType === 'PrivateKey',
  );
  const found = {
    wrappingKeyMismatches,
    certificates: isPair ? await run.certificates() : [],
    publicKeyLinks: isPair ? await run.publicKeyLinks() : [],
    wrappingCertificates: isPair
      ? await wrappingCertificates(run.store, wrappingKeyMismatches)
      : [],
    issuersNamed,
    withCertificates,
  };
  return { now: run.now(), firstDeadline, newUid, newPair, serverKek, ...found, disarm: false };
}

/** Either half of a pair may be the one that may. */
function mayWrapOthers({ object, dependants, relatedObjects }: RotationCandidate): boolean {
  if (object instanceof KmsError) return dependants > 0;
  const counterpart =
    object.objectType === 'PrivateKey' ? relatedObjects.get(publicUidOf(object)) : object;
  const mayCounterpart =
    counterpart !== undefined && !(counterpart instanceof KmsError) && mayHaveWrapped(counterpart);
  return dependants > 0 || mayCounterpart || mayHaveWrapped(object);
}
