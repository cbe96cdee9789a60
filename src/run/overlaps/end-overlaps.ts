// Ends overlaps whose time has come: moves what the retiring objects still wrap, and retires them, those of one rotation
// together, by a statement that finds nothing left under them. An object that a server has deactivated meanwhile is over too.
import { conditionKey } from '../../conditions/condition.js';
import { asKmsError, errorThrownBy, KmsError } from '../../errors.js';
import { endedRow } from '../../flows/retiring-row.js';
import { formatInstant } from '../../kmip/date-time.js';
import { retiredEvent } from '../../report/run-events.js';
import { objectSummaryOf, UNKNOWN_OBJECT } from '../../report/object-summary.js';
import type { RetiredObject, RewrappedDependant } from '../../report/rotation-result.js';
import { logRow } from '../../store/own/rotation-log.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';
import type { Run } from '../context.js';
import { recordFailedRotations, recordRecoveries } from '../record-conditions.js';
import { concurrentChange, MAX_TRIES } from '../retry-conflicts.js';
import { groupsToEnd, type Group } from './groups-to-end.js';
import { moveDependants } from './move-dependants.js';
import type { SeenRetiring } from './restore-retiring.js';
import { loadMembers, type Member } from './retiring-members.js';

export interface OverlapsReport {
  readonly retired: readonly RetiredObject[];
  /** Dependants that were moved so that an object could retire. */
  readonly rewrapped: readonly RewrappedDependant[];
  readonly notices: readonly string[];
  /** What kept the rest from being looked at. */
  readonly error: KmsError | null;
}

export const NO_OVERLAPS: OverlapsReport = { retired: [], rewrapped: [], notices: [], error: null };

/** Ends the overlaps that are over, and returns what came of it; one that cannot end is in the report as failed. */
export async function endOverlaps(
  run: Run,
  seen: readonly SeenRetiring[],
  filters: SurveyFilters,
): Promise<OverlapsReport> {
  if (seen.length === 0) return NO_OVERLAPS;
  const report: Mutable<OverlapsReport> = { retired: [], rewrapped: [], notices: [], error: null };
  try {
    for (const group of await groupsToEnd(run, seen, filters)) {
      if (await run.isOver()) break;
      const ended = await endGroup(run, group);
      report.retired = [...report.retired, ...ended.retired];
      report.rewrapped = [...report.rewrapped, ...ended.rewrapped];
      report.notices = [...report.notices, ...ended.notices];
    }
  } catch (error) {
    return { ...report, error: asKmsError(error) };
  }
  return { ...report, error: await errorThrownBy(() => recordEnds(run, report.retired)) };
}

/** One that cannot end is a condition, like a rotation that fails. */
async function recordEnds(run: Run, retired: readonly RetiredObject[]): Promise<void> {
  if (retired.length === 0) return;
  const failures = retired.flatMap(({ uid, objectSummary, error }) =>
    error === null ? [] : [{ uid, objectSummary, flow: null, error }],
  );
  await recordFailedRotations(run, failures);
  const open = await run.state.conditionKeys();
  const ended = retired
    .filter(({ error }) => error === null)
    .map(({ uid }) => ({ kind: 'rotation-failed', subject: uid }) as const)
    .filter((condition) => open.has(conditionKey(condition)));
  await recordRecoveries(
    run,
    ended.map((condition) => ({ condition, how: 'retired' })),
  );
}

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

type GroupReport = Omit<OverlapsReport, 'error'>;

async function endGroup(run: Run, group: Group): Promise<GroupReport> {
  const rewrapped: RewrappedDependant[] = [];
  for (let tries = 0; ; tries += 1) {
    const members = await loadMembers(run, group);
    if (members.length === 0) return { retired: [], rewrapped, notices: [] };
    const kek = members.find(({ retiring, row }) => row !== null && isKek(run, retiring.uid));
    if (kek?.object?.state === 'Active') {
      return { retired: [], rewrapped, notices: [kekNotice(kek)] };
    }
    const lone = members.find(({ isReplacementThere, row }) => !isReplacementThere && row !== null);
    if (lone?.object?.state === 'Active') {
      return { retired: [], rewrapped, notices: [loneNotice(lone)] };
    }
    const ended = (error: KmsError | null) => members.map((member) => resultOf(member, error));
    if (run.dryRun) return { retired: [], rewrapped, notices: members.map(dryRunNotice) };
    try {
      const unreadable = members.find(({ failure }) => failure !== null)?.failure ?? null;
      if (unreadable !== null) throw unreadable;
      const active = members.filter(({ object }) => object?.state === 'Active');
      const moved = await moveDependants(
        run,
        active.flatMap(({ object }) => object ?? []),
      );
      rewrapped.push(...moved.filter(({ error }) => error === null));
      const stuck = moved.find(({ error }) => error !== null);
      if (stuck?.error) throw dependantsLeft(members, stuck.uid, stuck.error);
      const { outcomes, error } = await run.store.apply([unitOf(run, members)]);
      if (error !== null) throw error;
      const [outcome] = outcomes;
      if (outcome?.kind === 'written') return { retired: ended(null), rewrapped, notices: [] };
      if (outcome?.kind === 'failed') throw outcome.error;
      if (tries + 1 < MAX_TRIES) continue;
      throw await whyNot(run, members);
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      return { retired: ended(error), rewrapped, notices: [] };
    }
  }
}

function isKek({ serverKek }: Run, uid: string): boolean {
  return serverKek.uid === uid;
}

function kekNotice({ retiring: { uid }, headUid }: Member): string {
  return `${JSON.stringify(uid)} stays Active beyond its overlap, as rotation.key_encryption_key names it: set key_encryption_key of the server, and rotation.key_encryption_key of kms, to ${JSON.stringify(headUid)}`;
}

function loneNotice({ retiring: { uid, replacementUid } }: Member): string {
  return `${JSON.stringify(uid)} stays Active beyond its overlap, as its replacement ${JSON.stringify(replacementUid)} is gone: restore that from a copy of the store, or make another key`;
}

function dryRunNotice({ retiring: { uid, endsAt } }: Member): string {
  return `${JSON.stringify(uid)} would be retired: its overlap ended at ${formatInstant(endsAt)}`;
}

/** The log row comes first: after a lost connection it shows whether the transaction was committed. */
function unitOf(run: Run, members: readonly Member[]): UnitOfWork {
  const results = members.map((member) => resultOf(member, null));
  return {
    changes: members.flatMap(({ retiring, object }) =>
      object === null
        ? []
        : [{ kind: 'retire', before: object.row, after: endedRow(object, retiring, run.now()) }],
    ),
    rewrapping: null,
    overlaps: members.map(({ retiring }) => ({ retiring, endsAt: null })),
    ownRows: [
      ...members.map((member) => logRow(entryOf(run, member))),
      ...results.flatMap((result) => run.enqueueEvent((origin) => retiredEvent(origin, result))),
    ],
  };
}

function entryOf({ identity, runId, now }: Run, { retiring, headUid, row }: Member) {
  const end = formatInstant(retiring.endsAt);
  const isActive = row?.state === 'Active';
  return {
    ...identity,
    runId,
    at: formatInstant(now()),
    durationMs: 0,
    uid: retiring.uid,
    replacementUid: headUid,
    flow: null,
    outcome: 'retired',
    reason: null,
    message: isActive
      ? `its overlap ended at ${end}`
      : `it was ${row?.state ?? 'removed'} before a run could end its overlap, which was to end at ${end}`,
  } as const;
}

function resultOf(
  { retiring, headUid, row, object }: Member,
  error: KmsError | null,
): RetiredObject {
  return {
    uid: retiring.uid,
    headUid,
    endsAt: retiring.endsAt,
    outcome: error === null ? 'retired' : 'failed',
    objectSummary:
      row === null || object === null ? UNKNOWN_OBJECT : objectSummaryOf({ row, object }),
    error,
  };
}

function dependantsLeft(
  [first]: readonly Member[],
  dependantUid: string,
  cause: KmsError | null,
): KmsError {
  const uid = first?.retiring.uid ?? '';
  const why = cause === null ? 'another was put under it at each try' : cause.message;
  return new KmsError(
    'DependantsLeft',
    `${JSON.stringify(uid)} stays Active beyond its overlap, since ${JSON.stringify(dependantUid)} is still wrapped by it: ${why}`,
    {
      uid,
      hint: cause?.hint ?? 'stop what wraps objects by it, then run again',
      ...(cause === null ? {} : { cause }),
    },
  );
}

/** Why its last statement found it changed, or still wrapping, at each try. */
async function whyNot({ store }: Run, members: readonly Member[]): Promise<KmsError> {
  for (const { retiring } of members) {
    for await (const [dependant] of store.findWrappedBy(retiring.uid, { tags: [] })) {
      if (dependant !== undefined) return dependantsLeft(members, dependant.id, null);
    }
  }
  return concurrentChange(members[0]?.retiring.uid ?? '');
}
