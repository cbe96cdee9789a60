// Replacements without a schedule: our log says that a run gave them one; or a server replaced an object that had one, and
// did not arm what replaces it (storage format §6.5).
import { KmsError } from '../errors.js';
import { setPolicy } from '../flows/set-policy.js';
import { linkTo } from '../kmip/attributes.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { policyMessage, scheduleInLog, type LoggedSchedule } from '../rotation/policy-text.js';
import { replacementUidOf, type RelatedObjects } from '../rotation/related-objects.js';
import type { LoggedFact } from '../store/own/read-log.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { exactDuration } from '../text/duration.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';
import { quoted } from '../text/phrases.js';

/** Returns the findings about the objects of a page; notes only if they were asked for. */
export async function lostScheduleFindings(
  context: DoctorContext,
  objects: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const unarmed = objects.flatMap((object) => unarmedOf(object) ?? []);
  if (unarmed.length === 0) return [];
  const uids = unarmed.flatMap(({ uid, replacedUid }) => [uid, replacedUid]);
  const facts = await context.store.loggedFacts(uids);
  const isAskedFor = context.options.only.includes('lost-schedule');
  const silent = unarmed.filter((one) => wordOf(one, facts) === 'silent');
  const related = isAskedFor
    ? await context.store.loadRelated(silent.map(({ replacedUid }) => replacedUid))
    : NOTHING;
  return unarmed.flatMap((one) => {
    const word = wordOf(one, facts);
    if (word === 'explained') return [];
    if (word !== 'silent') return [loggedFinding(context, one, word)];
    return isAskedFor ? serversFinding(context, one, related) : [];
  });
}

const NOTHING: RelatedObjects = new Map();

/** A replacement that no run rotates, though nobody has said so of it. */
interface Unarmed {
  readonly uid: string;
  readonly replacedUid: string;
}

function unarmedOf(object: ManagedObject): Unarmed | null {
  const { objectType, state, attributes, uniqueIdentifier: uid } = object;
  const replacedUid = linkTo(attributes, 'ReplacedObjectLink');
  if (state !== 'Active' || objectType === 'PublicKey' || replacedUid === null) return null;
  if ((attributes.rotateInterval ?? 0) > 0 || attributes.rotateAutomatic === false) return null;
  return replacementUidOf(object) === null ? { uid, replacedUid } : null;
}

/** What the log says: the schedule that a run or doctor gave, that somebody has taken it away, or nothing. */
function wordOf(
  { uid, replacedUid }: Unarmed,
  facts: readonly LoggedFact[],
): LoggedSchedule | 'explained' | 'silent' {
  const made = facts.findLastIndex((fact) =>
    fact.outcome === 'repaired'
      ? fact.uid === uid && scheduleInLog(fact) !== null
      : fact.uid === replacedUid && fact.replacementUid === uid && fact.outcome === 'rotated',
  );
  const since = facts.slice(made + 1);
  if (since.some((fact) => fact.uid === uid && fact.outcome === 'policy')) return 'explained';
  const given = facts[made];
  const schedule = given === undefined ? null : scheduleInLog(given);
  if (schedule === null) return 'silent';
  return schedule.intervalSeconds > 0 ? schedule : 'explained';
}

function loggedFinding(context: DoctorContext, one: Unarmed, schedule: LoggedSchedule): Finding {
  const { uid, replacedUid } = one;
  const interval = exactDuration(schedule.intervalSeconds);
  return {
    code: 'lost-schedule',
    severity: 'error',
    uids: [uid, replacedUid],
    message: `${quoted(uid)} has no rotation interval, though one of ${interval} was given to it`,
    repair: `gives it its interval of ${interval} back`,
    why: 'the log of kms says so, and it names no later policy of it',
    action: {
      kind: 'write',
      prepare: () => prepare(context, one, async () => againInLog(context, one)),
    },
  };
}

async function againInLog(context: DoctorContext, one: Unarmed): Promise<LoggedSchedule | null> {
  const facts = await context.store.loggedFacts([one.uid, one.replacedUid]);
  const word = wordOf(one, facts);
  return typeof word === 'string' ? null : word;
}

function serversFinding(
  context: DoctorContext,
  one: Unarmed,
  related: RelatedObjects,
): readonly Finding[] {
  const { uid, replacedUid } = one;
  const intervalSeconds = intervalBeforeReplacement(one, related);
  if (intervalSeconds === 0) return [];
  const finding = {
    code: 'lost-schedule',
    severity: 'note',
    uids: [uid, replacedUid],
    message: `${quoted(uid)} replaces ${quoted(replacedUid)} and has no rotation interval`,
  } as const;
  if (intervalSeconds === null)
    return [
      toldFinding({
        ...finding,
        repair: 'nothing: give it one with kms policy set, if it is to be rotated',
        why: 'nothing tells which interval the replaced one had',
      }),
    ];
  const interval = exactDuration(intervalSeconds);
  return [
    {
      ...finding,
      repair: `gives it the interval of ${interval}`,
      why: `${quoted(replacedUid)} still has that interval in a copy of its attributes; a server’s rotation by hand left none`,
      action: {
        kind: 'write',
        prepare: () => prepare(context, one, async () => againInReplaced(context, one)),
      },
    },
  ];
}

async function againInReplaced(
  context: DoctorContext,
  one: Unarmed,
): Promise<LoggedSchedule | null> {
  const related = await context.store.loadRelated([one.replacedUid]);
  const intervalSeconds = intervalBeforeReplacement(one, related) ?? 0;
  return intervalSeconds > 0 ? { intervalSeconds, offsetSeconds: null } : null;
}

/** 0 also where the rotation is not finished: whether the replacement is to be armed is not known then. */
function intervalBeforeReplacement(
  { uid, replacedUid }: Unarmed,
  related: RelatedObjects,
): number | null {
  const replaced = related.get(replacedUid);
  if (replaced === undefined || replaced instanceof KmsError) return null;
  if (replaced.state === 'Active' || replacementUidOf(replaced) !== uid) return 0;
  return intervalOfReplaced(replaced);
}

/**
 * Returns the interval that a replaced object had: a server clears it in the column alone, and not for a certificate. 0
 * if it had none, null if nothing says so.
 */
export function intervalOfReplaced({
  attributes,
  keyBlock,
  objectType,
}: ManagedObject): number | null {
  if (objectType === 'Certificate') return Math.max(attributes.rotateInterval ?? 0, 0);
  const embedded = keyBlock?.attributes ?? null;
  return embedded === null ? null : Math.max(embedded.rotateInterval ?? 0, 0);
}

async function prepare(
  { store, ...context }: DoctorContext,
  { uid }: Unarmed,
  scheduleNow: () => Promise<LoggedSchedule | null>,
): Promise<UnitOfWork | null> {
  const [candidate] = await store.load([uid]);
  if (candidate === undefined || candidate.object instanceof KmsError) return null;
  if (unarmedOf(candidate.object) === null) return null;
  const schedule = await scheduleNow();
  if (schedule === null) return null;
  const { intervalSeconds, offsetSeconds } = schedule;
  const replacement = setPolicy(candidate, {
    intervalSeconds,
    ...(offsetSeconds === null ? {} : { offsetSeconds }),
  });
  if (replacement === null) return null;
  const message = policyMessage({ intervalSeconds, offsetSeconds, automatic: null, keyset: null });
  return {
    changes: [{ kind: 'replace', ...replacement }],
    rewrapping: null,
    ownRows: [doctorLogRow(context, { uid, outcome: 'repaired', message })],
  };
}
