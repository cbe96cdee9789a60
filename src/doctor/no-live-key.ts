// Chains of replacements that our log has touched and that end in a key which is not Active: a server may retire a key in
// favour of a replacement that doctor has taken back. The last good member is re-keyed, as a run would do it.
import { NO_OVERLAP } from '../rotation/retiring-object.js';
import { KmsError } from '../errors.js';
import { prepareRotation } from '../flows/prepare-rotation.js';
import { decodeAttributes } from '../kmip/attributes.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { parseJson, type JsonObject } from '../kmip/json.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { asMap, withMembers } from '../kmip/members.js';
import { objectSummaryOf } from '../report/object-summary.js';
import { rotatedEvent } from '../report/run-events.js';
import { rotatedResult } from '../report/rotation-result.js';
import { assertLatestOfKeyset, assertMayBeRotated } from '../rotation/lifecycle.js';
import { policyMessage, scheduleInLog } from '../rotation/policy-text.js';
import { publicUidOf, replacementUidOf } from '../rotation/related-objects.js';
import { loadBatch } from '../run/load-batch.js';
import { newRunState } from '../run/run-state.js';
import type { LoggedFact } from '../store/own/read-log.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { shellWord } from '../text/shell-word.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import {
  endedChains,
  isOver,
  membersOf,
  readByUid,
  type ChainMembers,
  type EndedChain,
} from './ended-chains.js';
import { toldFinding, type Finding } from './finding.js';
import { intervalOfReplaced } from './lost-schedule.js';
import { quoted } from '../text/phrases.js';

/** Returns the findings about the chains whose last link but one is on this page. */
export async function noLiveKeyFindings(
  context: DoctorContext,
  objects: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const ended = await endedChains(context, objects);
  if (ended.length === 0) return [];
  const members = await membersOf(context.store, ended);
  const uids = ended.flatMap((chain) => [...(members.get(chain) ?? [])]);
  const facts = await context.store.loggedFacts([...new Set(uids)]);
  return ended.flatMap((chain) => findingsOf(context, chain, { facts, members }));
}

function findingsOf(
  context: DoctorContext,
  chain: EndedChain,
  { facts, members }: { readonly facts: readonly LoggedFact[]; readonly members: ChainMembers },
): readonly Finding[] {
  const { last, end } = chain;
  const [lastUid, uid] = [last.uniqueIdentifier, end.uniqueIdentifier];
  const isOurs = facts.some((fact) => isAbout(fact, members.get(chain) ?? new Set()));
  const takenBack = isTakenBack(facts, lastUid, uid);
  if (!isOurs || (!takenBack && isEndedOnPurpose(end))) return [];
  const finding = {
    code: 'no-live-key',
    severity: 'error',
    uids: [uid, lastUid],
    message: `${quoted(uid)} replaces ${quoted(lastUid)} and is ${end.state}, and nothing replaces it`,
  } as const;
  if (takenBack) {
    const inKeyset = last.attributes.rotateName !== null;
    return [
      {
        ...finding,
        repair: inKeyset
          ? `rotates ${quoted(uid)}, with the schedule, tags and grants of ${quoted(lastUid)}`
          : `rotates ${quoted(lastUid)} again, and so replaces ${quoted(uid)}`,
        why: 'doctor had taken that replacement back, and a server has retired the key for it since',
        action: { kind: 'write', prepare: () => prepareAgain(context, lastUid, uid) },
      },
    ];
  }
  const isConfirmed = context.options.keep.includes(uid);
  const what = `rotates ${quoted(uid)}, so that its chain has an Active key again`;
  if (end.state === 'PreActive')
    return [
      toldFinding({
        ...finding,
        repair: 'nothing: activate it with the server',
        why: 'its material is in use by nobody yet, and only people know when it is to be',
      }),
    ];
  return [
    {
      ...finding,
      repair: isConfirmed ? what : `with --keep ${shellWord(uid)} it ${what}`,
      why: 'somebody may have ended it on purpose; if so, kms policy clear says that',
      action: isConfirmed ? { kind: 'write', prepare: () => prepareLatest(context, uid) } : null,
    },
  ];
}

function isAbout({ uid, outcome }: LoggedFact, wanted: ReadonlySet<string>): boolean {
  return wanted.has(uid) && ['rotated', 'completed', 'rolled-back'].includes(outcome);
}

/** Doctor's last word on a replacement is that it took it back. */
function isTakenBack(facts: readonly LoggedFact[], lastUid: string, uid: string): boolean {
  const word = facts.findLast((fact) => fact.uid === lastUid && fact.replacementUid === uid);
  return word?.outcome === 'rolled-back';
}

/** A Revoke leaves the schedule; who takes that away wants no next generation. */
function isEndedOnPurpose(end: ManagedObject): boolean {
  return replacementUidOf(end) === null && declinesRotation(end.attributes.members) !== null;
}

/** Re-keys a key that a server has retired in favour of a replacement which was taken back. */
async function prepareAgain(
  context: DoctorContext,
  lastUid: string,
  uid: string,
): Promise<UnitOfWork | null> {
  const facts = await context.store.loggedFacts([lastUid]);
  const [chain] = await chainFrom(context, lastUid);
  if (chain?.end.uniqueIdentifier !== uid || !isTakenBack(facts, lastUid, uid)) return null;
  const was = scheduleBefore(chain.last, facts);
  const name = nameTakenBack(facts, uid);
  // It was Active when the server retired it: the schedule and name of that time go on to its replacement.
  const amend = (object: ManagedObject) => withPolicy(object, { ...was, ...name });
  if (chain.last.attributes.rotateName === null) return prepareReKey(context, lastUid, uid, amend);
  // Its uid is taken, as generations are numbered: the next one follows the one that was taken back.
  const unit = await prepareReKey(context, uid, null, amend);
  return unit === null ? null : inheriting(unit, chain);
}

/** Has what is made take over tags and grants of the last good member, and not of the one that was taken back. */
function inheriting(unit: UnitOfWork, { last, end }: EndedChain): UnitOfWork {
  const heirs = new Map([[end.uniqueIdentifier, last.uniqueIdentifier]]);
  if (end.objectType === 'PrivateKey') heirs.set(publicUidOf(end), publicUidOf(last));
  const changes = unit.changes.map((change) =>
    change.kind === 'create'
      ? { ...change, replacedUid: heirs.get(change.replacedUid) ?? change.replacedUid }
      : change,
  );
  // So that nothing is written if the last good member has changed.
  const unchanged = { kind: 'replace', before: last.row, after: last.row } as const;
  return { ...unit, changes: [...changes, unchanged] };
}

/** Re-keys the end of a chain as `kms rotate key` would. */
async function prepareLatest(context: DoctorContext, uid: string): Promise<UnitOfWork | null> {
  return prepareReKey(context, uid, null, (object) => object);
}

async function chainFrom(context: DoctorContext, uid: string): Promise<readonly EndedChain[]> {
  const objects = await readByUid(context.store, [uid]);
  return endedChains(context, [...objects.values()]);
}

/** By the last word of our log, else by the copy that a server leaves. */
function scheduleBefore(object: ManagedObject, facts: readonly LoggedFact[]): JsonObject {
  const policy = facts.findLast(
    (fact) => fact.uid === object.uniqueIdentifier && fact.outcome === 'policy',
  );
  const logged = policy === undefined ? null : scheduleInLog(policy);
  const interval = logged?.intervalSeconds ?? intervalOfReplaced(object) ?? 0;
  return {
    RotateInterval: interval,
    ...(logged?.offsetSeconds == null ? {} : { RotateOffset: logged.offsetSeconds }),
  };
}

/** Returns the Name that a replacement had when it was taken back, if it had one. */
function nameTakenBack(facts: readonly LoggedFact[], uid: string): JsonObject {
  const fact = facts.findLast((one) => one.replacementUid === uid);
  if (fact?.message === null || fact === undefined) return {};
  const { Name: name } = asMap(parseJson(fact.message).value, 'message');
  return name === undefined ? {} : { Name: name };
}

function withPolicy(object: ManagedObject, members: JsonObject): ManagedObject {
  const changed = withMembers(object.attributes.members, members);
  return { ...object, attributes: decodeAttributes(changed, 'attributes') };
}

async function prepareReKey(
  context: DoctorContext,
  uid: string,
  takenBackUid: string | null,
  amend: (object: ManagedObject) => ManagedObject,
): Promise<UnitOfWork | null> {
  const state = newRunState(context.store);
  const { candidates, rotationContext } = await loadBatch(
    { ...context, state, overlap: NO_OVERLAP },
    [uid],
  );
  const [candidate] = candidates;
  if (candidate === undefined || candidate.object instanceof KmsError) return null;
  const { object } = candidate;
  if (!isOver(object) || candidate.replacedBy !== takenBackUid) return null;
  assertMayBeRotated(object, { ...candidate, replacedBy: null });
  assertLatestOfKeyset(object, candidate, 'KeysetConflict');
  const rotation = await prepareRotation({ ...candidate, object: amend(object) }, rotationContext);
  const { flow, replacementUid, changes, rewrapping, policy } = rotation;
  const summary = objectSummaryOf(candidate);
  const result = rotatedResult(rotation, false, { dependantsRewrapped: 0 }, summary);
  const message = policyMessage(policy);
  const log = doctorLogRow(context, { uid, outcome: 'rotated', replacementUid, flow, message });
  const events = context.enqueueEvent((origin) => rotatedEvent(origin, result));
  return { changes, rewrapping, ownRows: [log, ...events] };
}
