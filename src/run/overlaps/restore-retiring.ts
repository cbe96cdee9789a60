// The beginning of a run: puts the rows of retiring objects right, since a server’s cache may have written one back as it was
// before its rotation (storage format §1.8). flows/retiring-row.ts says what the row must be.
import { KmsError } from '../../errors.js';
import { restoredRow } from '../../flows/retiring-row.js';
import { formatInstant } from '../../kmip/date-time.js';
import type { ObjectRow } from '../../kmip/managed-object.js';
import type { RetiringObject } from '../../rotation/retiring-object.js';
import { decodeOrError } from '../../store/find/rows.js';
import { logRow } from '../../store/own/rotation-log.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import type { RunContext } from '../context.js';
import { MAX_TRIES } from '../retry-conflicts.js';

/** What it takes of a run to restore rows. */
export type RestoreContext = Pick<RunContext, 'now' | 'runId' | 'identity' | 'dryRun'> & {
  readonly store: Pick<
    RunContext['store'],
    'retiringObjects' | 'overlapsOfOthers' | 'readRows' | 'apply'
  >;
};

/** A retiring object, and whether its row still says Active. */
export interface SeenRetiring {
  readonly retiring: RetiringObject;
  readonly isActive: boolean;
}

/** How many rows are read at once. */
const BATCH = 256;

/**
 * Puts the rows of Active retiring objects right, and returns all retiring objects. A row that others change meanwhile, or
 * that cannot be read, is left: nothing rotates the object, whatever its row says.
 */
export async function restoreRetiring(context: RestoreContext): Promise<readonly SeenRetiring[]> {
  await dropOverlapsOfOthers(context);
  const all = [...(await context.store.retiringObjects()).values()];
  const seen: SeenRetiring[] = [];
  for (let start = 0; start < all.length; start += BATCH) {
    seen.push(...(await restoreBatch(context, all.slice(start, start + BATCH))));
  }
  return seen;
}

/** Somebody removed the replaced object, and made another one of its uid. */
async function dropOverlapsOfOthers(context: RestoreContext): Promise<void> {
  if (context.dryRun) return;
  const units = (await context.store.overlapsOfOthers()).map((retiring): UnitOfWork => {
    const message = 'its overlap is over, as another object has its uid now';
    return {
      changes: [],
      overlaps: [{ retiring, endsAt: null }],
      rewrapping: null,
      ownRows: [logRow(repairedEntry(context, retiring.uid, message))],
    };
  });
  if (units.length === 0) return;
  const { error } = await context.store.apply(units);
  if (error !== null) throw error;
}

async function restoreBatch(
  context: RestoreContext,
  batch: readonly RetiringObject[],
): Promise<readonly SeenRetiring[]> {
  const { store, dryRun } = context;
  for (let tries = 1; ; tries += 1) {
    const rows = new Map(
      (await store.readRows(batch.map(({ uid }) => uid))).map((row) => [row.id, row]),
    );
    const seen = batch.map((retiring) => ({
      retiring,
      isActive: rows.get(retiring.uid)?.state === 'Active',
    }));
    const units = batch.flatMap((retiring) => unitOf(context, retiring, rows) ?? []);
    if (dryRun || units.length === 0) return seen;
    const { outcomes, error } = await store.apply(units);
    if (error !== null) throw error;
    if (tries >= MAX_TRIES || outcomes.every(({ kind }) => kind !== 'conflict')) return seen;
  }
}

/** Returns null if there is nothing to put right. The log row comes first: it shows whether the unit was committed. */
function unitOf(
  context: RestoreContext,
  retiring: RetiringObject,
  rows: ReadonlyMap<string, ObjectRow>,
): UnitOfWork | null {
  const row = rows.get(retiring.uid);
  const object = row?.state === 'Active' ? decodeOrError(row) : null;
  if (object === null || object instanceof KmsError) return null;
  const restored = restoredRow(object, retiring, context.now());
  if (restored === null) return null;
  const { uid, replacementUid, endsAt } = retiring;
  const message = `retires until ${formatInstant(endsAt)} in favour of ${JSON.stringify(replacementUid)}, and its row had been written back`;
  return {
    changes: [{ kind: 'replace', ...restored }],
    // A run that ends or moves its overlap meanwhile must not be overwritten.
    overlaps: [{ retiring, endsAt: 'kept' }],
    rewrapping: null,
    ownRows: [logRow(repairedEntry(context, uid, message))],
  };
}

function repairedEntry({ identity, runId, now }: RestoreContext, uid: string, message: string) {
  return {
    ...identity,
    runId,
    at: formatInstant(now()),
    durationMs: 0,
    uid,
    replacementUid: null,
    flow: null,
    outcome: 'repaired',
    reason: null,
    message,
  } as const;
}
