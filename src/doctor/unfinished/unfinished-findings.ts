// Unfinished rotations as findings, each with the transaction that settles it.
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { settlementChanges, type Settlement } from '../../flows/settlement/settlement-changes.js';
import { takenFrom } from '../../flows/settlement/rolled-back-row.js';
import {
  decideUnfinished,
  isChosen,
  type Decision,
  type SettlementOptions,
} from '../../rotation/unfinished/settle.js';
import {
  uidsOfGeneration,
  type Generation,
  type Leftover,
  type UnfinishedRotation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import { shellWord } from '../../text/shell-word.js';
import type { WrappingKeyMismatch } from '../../store/find/find-wrapping-key-mismatches.js';
import type { OwnRow } from '../../store/own/our-tables.js';
import { databaseNow, doctorLogRow, type DoctorContext } from '../doctor-context.js';
import { listed, quoted, type Finding } from '../finding.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import { linksTo, type LeftoverUids } from './find-leftovers.js';
import { groupPairs, loadUnfinished, type LoadedRotation } from './load-unfinished.js';

/** Returns the findings about these leftovers. */
export async function unfinishedFindings(
  context: DoctorContext,
  found: LeftoverUids,
): Promise<readonly Finding[]> {
  const groups = await groupPairs(context, found);
  const suspects = [...found.values(), ...groups.values()].flatMap((uids) => [...uids]);
  const links = await linksTo(context.store, new Set(suspects));
  const mismatches = groups.size === 0 ? [] : await context.store.findWrappingKeyMismatches();
  const findings: Finding[] = [];
  for (const [replacedUid, leftoverUids] of groups) {
    const load = () => loadUnfinished(context, replacedUid, leftoverUids, links);
    const finding = await findingOf(context, load, mismatches);
    if (finding !== null) findings.push(finding);
  }
  return findings;
}

async function findingOf(
  context: DoctorContext,
  load: () => Promise<LoadedRotation | null>,
  mismatches: readonly WrappingKeyMismatch[],
): Promise<Finding | null> {
  const loaded = await load();
  if (loaded === null) return null;
  const { rotation } = loaded;
  const decision = await decide(context, rotation, mismatches);
  if (decision === null) return null;
  const isSettled = decision.kind === 'settle' && isChosen(rotation, context.options);
  return {
    code: decision.kind === 'told' ? decision.code : 'unfinished-rotation',
    severity: decision.kind === 'too-young' ? 'note' : 'error',
    uids: [rotation.replaced, ...rotation.leftovers.map(({ made }) => made)].flatMap(
      uidsOfGeneration,
    ),
    message: messageOf(rotation),
    repair: repairOf(rotation, decision, isSettled),
    why: decision.why,
    action: isSettled ? { kind: 'write', prepare: () => prepare(context, load) } : null,
  };
}

/** What the rules say, if somebody has confirmed just that with --keep; else what --keep says, or the rules. */
async function decide(
  context: DoctorContext,
  rotation: UnfinishedRotation,
  mismatches: readonly WrappingKeyMismatch[],
): Promise<Decision | null> {
  const options = await settlementOptions(context);
  const byRules = decideUnfinished(rotation, { ...options, keep: [] });
  const isConfirmed =
    byRules?.kind === 'settle' && options.keep.includes(keptUidOf(rotation, byRules));
  const decision = isConfirmed ? byRules : decideUnfinished(rotation, options);
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
  const generations = [replaced, ...others.flatMap(({ made, live }) => [made, live])];
  const uids = new Set(generations.flatMap(uidsOfGeneration));
  return mismatches.find(({ wrappingKeyUid }) => uids.has(wrappingKeyUid))?.uid ?? null;
}

type Settled = Extract<Decision, { kind: 'settle' }>;

/** Returns the uid that --keep must name for this to be done. */
function keptUidOf({ replaced, successor }: UnfinishedRotation, { keep }: Settled): string {
  const kept = keep === 'successor' ? successor : keep;
  return (kept?.made ?? replaced).key.uniqueIdentifier;
}

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

function repairOf(rotation: UnfinishedRotation, decision: Decision, isConfirmed: boolean): string {
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
  const what = steps.join(' and ');
  return isConfirmed ? what : `with --keep ${shellWord(keptUidOf(rotation, decision))} it ${what}`;
}

async function prepare(
  context: DoctorContext,
  load: () => Promise<LoadedRotation | null>,
): Promise<UnitOfWork | null> {
  const loaded = await load();
  if (loaded === null) return null;
  const wrappingKeyMismatches = await context.store.findWrappingKeyMismatches();
  const decision = await decide(context, loaded.rotation, wrappingKeyMismatches);
  if (decision === null) return null;
  if (decision.kind !== 'settle' || !isChosen(loaded.rotation, context.options))
    throw new KmsError('ConcurrentChange', `it has changed meanwhile: ${decision.why}`, {
      uid: loaded.rotation.replaced.key.uniqueIdentifier,
    });
  const { settlement, log } = settlementOf(context, loaded.rotation, decision);
  const { relatedObjects, wraps } = loaded;
  const changes = settlementChanges(settlement, {
    ...{ now: context.now(), relatedObjects, wraps, wrappingKeyMismatches },
  });
  return { ...changes, ownRows: log };
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
  const passed = kept === null || kept.made === kept.live ? [] : [kept.made];
  // The policy has gone on to what replaces it now.
  const heirOf = [replaced, ...rollBack.filter((one) => one === successor).map((one) => one.live)];
  const settlement = {
    retired,
    rolledBack: rollBack.flatMap(generationsOf),
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

function generationsOf({ made, live }: Leftover): readonly Generation[] {
  return live === made ? [made] : [made, live];
}

/** The first row shows whether the transaction was committed. */
function logOf(
  context: DoctorContext,
  { key: { uniqueIdentifier: uid } }: Generation,
  by: Generation | null,
  rollBack: readonly Leftover[],
): readonly OwnRow[] {
  return [
    ...rollBack.map(({ made: { key } }) =>
      doctorLogRow(context, {
        uid,
        outcome: 'rolled-back',
        replacementUid: key.uniqueIdentifier,
        message: takenFrom(key),
      }),
    ),
    ...(by === null
      ? []
      : [
          doctorLogRow(context, {
            uid,
            outcome: 'completed',
            replacementUid: by.key.uniqueIdentifier,
          }),
        ]),
  ];
}
