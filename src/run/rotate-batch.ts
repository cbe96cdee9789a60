// Rotates some objects together: load fresh, prepare, write, and what came of each. The place where the failure
// of one object becomes a result and the run goes on; one that met a conflict has its turn again.
import { wrappingCertificates } from '../survey/certificate-links.js';
import { concurrentChange, TRIES } from './retry.js';
import { asKmsError, KmsError } from '../errors.js';
import type { Occasion, Rotation } from '../flows/change.js';
import { flowOf } from '../flows/flow-name.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import { factsByUid, factsOf, UNKNOWN_FACTS, type ObjectFacts } from '../report/object-facts.js';
import { failedResult, rotatedResult, skippedResult, type Result } from '../report/report.js';
import type { Run } from './context.js';
import { mayHaveWrapped, publicUidOf } from '../rotation/neighbours.js';
import type { Subject } from '../rotation/subject.js';
import type { LoadOptions } from '../store/find/load.js';
import { logFailures, writeRotations, type KnownRotation } from './write-rotations.js';

/** Returns what to write for a subject; `unconcerned` if it is no longer the run's business. */
export type Prepare = (
  subject: Subject,
  occasion: Occasion,
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
  const facts = new Map<string, ObjectFacts>();
  const notices: string[] = [];
  const timed = timing(run);
  const inOrder = () => uids.flatMap((uid) => results.get(uid) ?? []);
  try {
    let pending = uids;
    for (let tries = 1; pending.length > 0 && tries <= TRIES; tries += 1) {
      if (tries > 1 && (await run.isOver())) {
        return { results: inOrder(), notices, interrupted: true, error: null };
      }
      pending = await rotateOnce(run, pending, prepare, { results, facts, notices, timed });
    }
    for (const uid of pending) {
      results.set(uid, timed(failedResult(uid, null, concurrentChange(uid), facts.get(uid))));
    }
    await logFailures(run, inOrder());
    return { results: inOrder(), notices, interrupted: false, error: null };
  } catch (failure) {
    return { results: inOrder(), notices, interrupted: false, error: asKmsError(failure) };
  }
}

interface Findings {
  readonly results: Map<string, Result>;
  readonly facts: Map<string, ObjectFacts>;
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
  { results, facts, notices, timed }: Findings,
): Promise<readonly string[]> {
  const beganMs = run.monotonicMs();
  const loaded = await run.store.load(uids, nearServerKek(run));
  const subjects = run.withCertificates ? await withCertificatesNear(run, loaded) : loaded;
  for (const [uid, known] of factsByUid(subjects)) facts.set(uid, known);
  const occasion = await occasionOf(run, subjects);
  const attempts = await Promise.all(
    subjects.map(async (subject) => {
      const prepared = await attempt(subject, prepare, occasion);
      return 'outcome' in prepared ? timed(prepared) : prepared;
    }),
  );
  const rotations: KnownRotation[] = [];
  for (const prepared of attempts) {
    if ('outcome' in prepared) results.set(prepared.uid, prepared);
    else if ('changes' in prepared) {
      rotations.push({ ...prepared, facts: facts.get(prepared.uid) ?? UNKNOWN_FACTS });
    }
  }
  try {
    const { outcomes, error } = await writeRotations(run, rotations, beganMs);
    for (const [index, rotation] of rotations.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind === 'failed') {
        const { uid, flow } = rotation;
        results.set(uid, timed(failedResult(uid, flow, outcome.error, rotation.facts)));
      }
      if (outcome?.kind === 'not-tried' && rotation.rewrapping !== null && error === null) {
        notices.push(rolledBack(rotation));
      }
      if (outcome?.kind !== 'written') continue;
      const result = rotatedResult(rotation, run.dryRun, outcome, rotation.facts);
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
async function withCertificatesNear(
  run: Run,
  subjects: readonly Subject[],
): Promise<readonly Subject[]> {
  const halves = subjects.flatMap(({ object }) =>
    object instanceof KmsError || object.objectType !== 'PrivateKey'
      ? []
      : [object.uniqueIdentifier, publicUidOf(object)],
  );
  if (halves.length === 0) return subjects;
  const load = async () => {
    const naming = (await run.certificates()).filter(({ linkedUids }) =>
      linkedUids.some((uid) => halves.includes(uid)),
    );
    const uids = naming.map(({ uid }) => uid);
    const near = await run.store.loadNear(uids);
    return { near, isStale: uids.some((uid) => isGone(near.get(uid))) };
  };
  let found = await load();
  if (found.isStale) {
    run.forgetCertificates();
    found = await load();
  }
  return subjects.map((subject) => ({
    ...subject,
    neighbours: new Map([...found.near, ...subject.neighbours]),
  }));
}

/** One that cannot be read may be in use. */
function isGone(certificate: ManagedObject | KmsError | undefined): boolean {
  return !(certificate instanceof KmsError) && certificate?.state !== 'Active';
}

/** A uid that is set, but names no object of the store, tells nothing: the server's key is looked for all the same. */
function nearServerKek({ serverKek: { uid } }: Run): LoadOptions {
  const inStore = uid !== null && uid !== 'none' && !isHsmUid(uid);
  return { alsoNear: inStore ? [uid] : [], detectServerKek: uid === null || inStore };
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
  subject: Subject,
  prepare: Prepare,
  occasion: Occasion,
): Promise<Rotation | Result | { unconcerned: true }> {
  const { object, row } = subject;
  const flow = object instanceof KmsError ? null : flowOf(object, subject, occasion.serverKek);
  try {
    const prepared = await prepare(subject, occasion);
    if (prepared === 'unconcerned') return { unconcerned: true };
    return prepared === 'skipped' ? skippedResult(row.id, flow) : prepared;
  } catch (error) {
    if (error instanceof KmsError) return failedResult(row.id, flow, error, factsOf(subject));
    throw error;
  }
}

/** Every row is read for dependants in disguise, or certificates, only where something to be rotated asks for it. */
async function occasionOf(run: Run, subjects: readonly Subject[]): Promise<Occasion> {
  const { firstDeadline, newUid, newPair, serverKek, issuersNamed, withCertificates } = run;
  const mislabelled = subjects.some(mayWrapOthers) ? await run.mislabelled() : [];
  const isPair = subjects.some(
    ({ object }) => !(object instanceof KmsError) && object.objectType === 'PrivateKey',
  );
  const found = {
    mislabelled,
    certificates: isPair ? await run.certificates() : [],
    publicKeyLinks: isPair ? await run.publicKeyLinks() : [],
    wrappingCertificates: isPair ? await wrappingCertificates(run.store, mislabelled) : [],
    issuersNamed,
    withCertificates,
  };
  return { now: run.now(), firstDeadline, newUid, newPair, serverKek, ...found, disarm: false };
}

/** Either half of a pair may be the one that may. */
function mayWrapOthers({ object, dependants, neighbours }: Subject): boolean {
  if (object instanceof KmsError) return dependants > 0;
  const half = object.objectType === 'PrivateKey' ? neighbours.get(publicUidOf(object)) : object;
  const mayHalf = half !== undefined && !(half instanceof KmsError) && mayHaveWrapped(half);
  return dependants > 0 || mayHalf || mayHaveWrapped(object);
}
