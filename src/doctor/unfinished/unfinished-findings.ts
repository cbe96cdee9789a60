// Unfinished rotations as findings, each with the transaction that settles it.
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { settlementChanges, type Settlement } from '../../flows/settlement/settlement-changes.js';
import { takenFrom } from '../../flows/settlement/rolled-back-row.js';
import type { Decision, SettlementOptions } from '../../rotation/unfinished/decision.js';
import { decideUnfinished } from '../../rotation/unfinished/settle.js';
import {
  uidsOfGeneration,
  type Generation,
  type Leftover,
  type UnfinishedRotation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import type { WrappingKeyMismatch } from '../../store/find/find-wrapping-key-mismatches.js';
import type { OwnRow } from '../../store/own/our-tables.js';
import { databaseNow, doctorLogRow, type DoctorContext } from '../doctor-context.js';
import { listed, type Finding } from '../finding.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import type { LeftoverUids } from './find-leftovers.js';
import { scheduleLog } from './schedule-log.js';
import { groupPairs, loadUnfinished, type LoadedRotation } from './load-unfinished.js';
import { quoted } from '../../text/phrases.js';

/** Returns the findings about these leftovers; with `owner` those about objects of an owner. */
export async function unfinishedFindings(
  context: DoctorContext,
  found: LeftoverUids,
): Promise<readonly Finding[]> {
  const groups = await groupPairs(context, found);
  const mismatches = groups.size === 0 ? [] : await context.store.findWrappingKeyMismatches();
  const findings: Finding[] = [];
  for (const [replacedUid, leftoverUids] of groups) {
    const loaded = await loadUnfinished(context, replacedUid, leftoverUids);
    if (loaded === null || !isOf(context.options.owner, loaded.rotation)) continue;
    const finding = await findingOf(context, loaded, mismatches);
    if (finding !== null) findings.push(finding);
  }
  return findings;
}

/** What counts as used or as several is asked of all owners; the filter only says which findings are shown. */
function isOf(owner: string | undefined, { replaced, leftovers }: UnfinishedRotation): boolean {
  const owners = [replaced, ...leftovers.map(({ made }) => made)].map(({ key }) => key.owner);
  return owner === undefined || owners.includes(owner);
}

async function findingOf(
  context: DoctorContext,
  found: LoadedRotation,
  mismatches: readonly WrappingKeyMismatch[],
): Promise<Finding | null> {
  const { rotation } = found;
  const decision = await decide(context, rotation, mismatches);
  if (decision === null) return null;
  const uid = rotation.replaced.key.uniqueIdentifier;
  const repair = repairOf(rotation, decision);
  return {
    code: decision.kind === 'told' ? decision.code : 'unfinished-rotation',
    severity: decision.kind === 'too-young' ? 'note' : 'error',
    uids: [rotation.replaced, ...rotation.leftovers.map(({ made }) => made)].flatMap(
      uidsOfGeneration,
    ),
    message: messageOf(rotation),
    repair,
    why: decision.why,
    action:
      decision.kind === 'settle'
        ? {
            kind: 'write',
            prepare: async () =>
              prepare(context, context.dryRun ? found : await loadUnfinished(context, uid), repair),
          }
        : null,
  };
}

async function decide(
  context: DoctorContext,
  rotation: UnfinishedRotation,
  mismatches: readonly WrappingKeyMismatch[],
): Promise<Decision | null> {
  const decision = decideUnfinished(rotation, await settlementOptions(context));
  if (decision?.kind !== 'settle') return decision;
  const uid = misnamedUid(rotation, mismatches);
  if (uid === null) return decision;
  const why = `the bytes of ${quoted(uid)} name one of them, and its wrapping_key_id does not: repair that first`;
  return { kind: 'told', code: 'unfinished-rotation', why };
}

/** Returns the uid of an object whose bytes alone say that one of these wraps it: it does not count as wrapped yet. */
function misnamedUid(
  { replaced, leftovers, successor }: UnfinishedRotation,
  mismatches: readonly WrappingKeyMismatch[],
): string | null {
  const others = [...leftovers, ...(successor === null ? [] : [successor])];
  const generations = [replaced, ...others.flatMap(({ chain }) => chain)];
  const uids = new Set(generations.flatMap(uidsOfGeneration));
  return mismatches.find(({ wrappingKeyUid }) => uids.has(wrappingKeyUid))?.uid ?? null;
}

type Settled = Extract<Decision, { kind: 'settle' }>;

async function settlementOptions(context: DoctorContext): Promise<SettlementOptions> {
  const { minAgeSeconds, keep } = context.options;
  const now = context.now();
  return { now, databaseNow: await databaseNow(context), minAgeSeconds, keep };
}

function messageOf({ replaced, leftovers, namedUid }: UnfinishedRotation): string {
  const uids = leftovers.map(({ made }) => made.key.uniqueIdentifier);
  const replace = uids.length === 1 ? 'replaces' : 'replace';
  const names = namedUid === null ? 'does not name' : `names ${quoted(namedUid)}, not`;
  const them = uids.length === 1 ? 'it' : 'them';
  return `${listed(uids)} ${replace} ${quoted(replaced.key.uniqueIdentifier)}, which ${names} ${them}`;
}

function repairOf(rotation: UnfinishedRotation, decision: Decision): string {
  const { replaced, successor, namedUid } = rotation;
  if (decision.kind === 'too-young') return 'nothing yet: run doctor again later';
  if (decision.kind === 'told') return 'nothing: it is for you to decide';
  const { keep, rollBack } = decision;
  const completed = keep === 'successor' ? (namedUid === null ? successor : null) : keep;
  const kept = completed?.made;
  const taken = rollBack.map(({ made }) => made.key.uniqueIdentifier);
  const uid = quoted(replaced.key.uniqueIdentifier);
  const steps = [
    ...(kept === undefined
      ? []
      : [`completes the rotation of ${uid} with ${quoted(kept.key.uniqueIdentifier)}`]),
    ...(taken.length === 0 ? [] : [`rolls ${listed(taken)} back`]),
  ];
  return steps.join(' and ');
}

/** Everything was loaded again, and the transaction fails if anything of it has changed since. */
async function prepare(
  context: DoctorContext,
  loaded: LoadedRotation | null,
  proposed: string,
): Promise<UnitOfWork | null> {
  if (loaded === null) return null;
  const wrappingKeyMismatches = await context.store.findWrappingKeyMismatches();
  const decision = await decide(context, loaded.rotation, wrappingKeyMismatches);
  if (decision === null) return null;
  const isOther =
    context.options.confirmed !== undefined && repairOf(loaded.rotation, decision) !== proposed;
  if (decision.kind !== 'settle' || isOther)
    throw new KmsError('ConcurrentChange', `it has changed meanwhile: ${decision.why}`, {
      uid: loaded.rotation.replaced.key.uniqueIdentifier,
    });
  const { settlement, log } = settlementOf(context, loaded.rotation, decision);
  const { relatedObjects, wraps, decidedBy } = loaded;
  const changes = settlementChanges(settlement, {
    ...{ now: context.now(), relatedObjects, wraps, wrappingKeyMismatches },
  });
  return { ...changes, ownRows: [...log, ...scheduleLog(context, settlement)], decidedBy };
}

function settlementOf(
  context: DoctorContext,
  { replaced, successor }: UnfinishedRotation,
  { keep, inherits, rollBack }: Settled,
): { readonly settlement: Settlement; readonly log: readonly OwnRow[] } {
  const kept = keep === 'successor' ? successor : keep;
  const isReplaced = kept === null || (keep === 'successor' && isLinked(replaced));
  // What only wrapping uses goes back to an Active key, if nothing replaces that.
  const live = kept?.live ?? (rollBack.some(({ wraps }) => wraps > 0) ? replaced : null);
  const retired = isReplaced ? [] : [{ replaced, replacement: kept.made }];
  const passed = kept === null ? [] : kept.chain.slice(0, -1);
  // The policy has gone on to what replaces it now.
  const heirOf = [replaced, ...rollBack.filter((one) => one === successor).map((one) => one.live)];
  const settlement = {
    retired,
    rolledBack: rollBack.flatMap(({ chain }) => chain),
    live,
    heirOf: inherits ? heirOf : [],
    unchanged: [...(isReplaced && live !== replaced ? [replaced] : []), ...passed],
  };
  return { settlement, log: logOf(context, replaced, isReplaced ? null : kept.made, rollBack) };
}

/** Then it is retired already: the link and the state are written together. */
function isLinked({ key: { attributes } }: Generation): boolean {
  return linkTo(attributes, 'ReplacementObjectLink') !== null;
}

/** The first row shows whether the transaction was committed. */
function logOf(
  context: DoctorContext,
  replaced: Generation,
  by: Generation | null,
  rollBack: readonly Leftover[],
): readonly OwnRow[] {
  const uid = replaced.key.uniqueIdentifier;
  const rolledBack = rollBack.flatMap(({ chain }) =>
    chain.map((generation, index) =>
      doctorLogRow(context, {
        uid: chain[index - 1]?.key.uniqueIdentifier ?? uid,
        outcome: 'rolled-back',
        replacementUid: generation.key.uniqueIdentifier,
        message: takenFrom(generation),
      }),
    ),
  );
  if (by === null) return rolledBack;
  const [replacementUid, message] = [by.key.uniqueIdentifier, takenFrom(replaced)];
  return [
    ...rolledBack,
    doctorLogRow(context, { uid, outcome: 'completed', replacementUid, message }),
  ];
}
