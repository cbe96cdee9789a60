// The changes that settle an unfinished rotation, or a keyset with several heads: who is retired in favour of whom, who
// is taken back, and what moves to the live generation. rotation/unfinished/ decides, store/apply.ts writes.
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import { assertNoWrappingCycle } from '../../rotation/wrapping-rules.js';
import {
  objectsOf,
  uidsOfGeneration,
  type Generation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import type { Change, Rewrapping } from '../change.js';
import { keysOfCertificate, linkedToCertificate } from '../certificates/recertify.js';
import { retirement } from '../retirement.js';
import { wrappingKeyPairOf } from '../wrapping/key-wrapping.js';
import { rewrappingOf } from '../wrapping/rewrap-dependants.js';
import { inheritingRow } from './inheriting-row.js';
import { rolledBackRow } from './rolled-back-row.js';

export interface Settlement {
  /** Each generation and the one that replaces it. */
  readonly retired: readonly { readonly replaced: Generation; readonly replacement: Generation }[];
  readonly rolledBack: readonly Generation[];
  /** Under which everything goes that those wrap; null if they wrap nothing. */
  readonly live: Generation | null;
  /** Whose schedule, name, tags and grants the live generation gets. */
  readonly heirOf: readonly Generation[];
  /** Must not have changed since they were read. */
  readonly unchanged: readonly Generation[];
}

export interface SettlementContext {
  readonly now: EpochSeconds;
  readonly relatedObjects: RelatedObjects;
  readonly wrappingKeyMismatches: readonly {
    readonly uid: string;
    readonly wrappingKeyUid: string;
  }[];
  /** How many objects each generation wraps, by the uid of its key. */
  readonly wraps: ReadonlyMap<string, number>;
}

/** @throws KmsError why a key cannot be unwrapped, or may not wrap. */
export function settlementChanges(
  settlement: Settlement,
  context: SettlementContext,
): { readonly changes: readonly Change[]; readonly rewrapping: Rewrapping | null } {
  const { retired, rolledBack, live } = settlement;
  const changes = [
    ...guards(settlement),
    ...(live === null ? [] : inheritance(live, settlement.heirOf, context.now)),
    ...rolledBack.flatMap(objectsOf).map((object): Change => ({
      kind: 'retire',
      before: object.row,
      after: rolledBackRow(object, context.now),
    })),
    ...retired.flatMap((one) => retirements(one, context.now)),
    ...retired.flatMap((one) => relinkings(one, context.relatedObjects)),
  ];
  assertNothingDestroyed(changes);
  const leaving = [...retired.map(({ replaced }) => replaced), ...rolledBack];
  return { changes, rewrapping: rewrappingFrom(leaving, live, context) };
}

/** A row is written as it is, so that the transaction fails if somebody else has changed it. */
function guards({ unchanged }: Settlement): readonly Change[] {
  return unchanged
    .flatMap(objectsOf)
    .map(({ row }): Change => ({ kind: 'replace', before: row, after: row }));
}

function inheritance(
  live: Generation,
  heirOf: readonly Generation[],
  now: EpochSeconds,
): readonly Change[] {
  return objectsOf(live).map((object, index): Change => {
    const replaced = heirOf.flatMap((one) => objectsOf(one)[index] ?? []);
    return {
      kind: 'replace',
      before: object.row,
      after: replaced.length === 0 ? object.row : inheritingRow(object, replaced, now),
      heirOf: replaced.map(({ uniqueIdentifier }) => uniqueIdentifier),
    };
  });
}

function retirements(
  { replaced, replacement }: Settlement['retired'][number],
  now: EpochSeconds,
): readonly Change[] {
  const after = objectsOf(replacement);
  return objectsOf(replaced).map((object, index) => {
    return retirement(object, uidAt(after, index, object), now);
  });
}

/** The keys of a renewed certificate name the one that replaces it (storage format §6.11). */
function relinkings(
  { replaced, replacement }: Settlement['retired'][number],
  relatedObjects: RelatedObjects,
): readonly Change[] {
  if (replaced.key.objectType !== 'Certificate') return [];
  const uid = replacement.key.uniqueIdentifier;
  return keysOfCertificate(replaced.key, relatedObjects).map((key): Change => ({
    kind: 'replace',
    before: key.row,
    after: linkedToCertificate(key, uid),
  }));
}

/** @throws KmsError WrongState: nothing is left of such an object that could be written. */
function assertNothingDestroyed(changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === 'create' || !isDestroyed(change.before)) continue;
    const uid = change.before.id;
    throw new KmsError('WrongState', `${JSON.stringify(uid)} is destroyed`, { uid });
  }
}

function rewrappingFrom(
  leaving: readonly Generation[],
  live: Generation | null,
  context: SettlementContext,
): Rewrapping | null {
  if (live === null) return null;
  const retiredUids = leaving.flatMap(uidsOfGeneration);
  const parts: Rewrapping[] = [];
  try {
    for (const generation of leaving) {
      const part = rewrappingTo(live, generation, retiredUids, context);
      if (part !== null) parts.push(part);
    }
  } catch (error) {
    for (const part of parts) part.wipe();
    throw error;
  }
  return parts.length === 0 ? null : together(parts, retiredUids);
}

function rewrappingTo(
  live: Generation,
  generation: Generation,
  retiredUids: readonly string[],
  { relatedObjects, wraps, wrappingKeyMismatches }: SettlementContext,
): Rewrapping | null {
  const to = objectsOf(live);
  const uids = new Map(
    objectsOf(generation).map((object, index) => [
      object.uniqueIdentifier,
      uidAt(to, index, object),
    ]),
  );
  const dependants = wraps.get(generation.key.uniqueIdentifier) ?? 0;
  return rewrappingOf(
    { dependants, relatedObjects },
    { wrappingKeyMismatches, wrappingCertificates: [] },
    {
      uids,
      retiredUids,
      replaced: generation.key,
      replacementKey: () => {
        assertNoWrappingCycle(generation.key, live.key, relatedObjects);
        return wrappingKeyPairOf(live.key, relatedObjects);
      },
    },
  );
}

/** @throws KmsError UnsoundPair: a pair can only be replaced by a pair, and any object by one of its type. */
function uidAt(by: readonly ManagedObject[], index: number, replaced: ManagedObject): string {
  const object = by[index];
  if (object?.objectType === replaced.objectType) return object.uniqueIdentifier;
  const uid = replaced.uniqueIdentifier;
  const what =
    object === undefined ? 'the other has no counterpart' : `the other is a ${object.objectType}`;
  throw new KmsError('UnsoundPair', `${JSON.stringify(uid)} cannot be replaced: ${what}`, { uid });
}

/** Each dependant goes by the key that its bytes name. */
function together(parts: readonly Rewrapping[], retiredUids: readonly string[]): Rewrapping {
  return {
    wrappingKeyUids: parts.flatMap(({ wrappingKeyUids }) => wrappingKeyUids),
    retiredUids,
    wrappingKeyMismatches: [...new Set(parts.flatMap((part) => part.wrappingKeyMismatches))],
    rewrap: (dependant, named) => {
      const [first] = parts;
      const own = parts.find(({ wrappingKeyUids }) => wrappingKeyUids.includes(named ?? ''));
      const part = own ?? first;
      if (part === undefined) throw new TypeError('a re-wrapping without a key');
      return part.rewrap(dependant, named);
    },
    wipe: () => {
      for (const part of parts) part.wipe();
    },
  };
}
