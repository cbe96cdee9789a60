// Moves the end of an overlap, of all objects that were replaced together: to go on when a client still needs the replaced
// key, or to end now. Only while its present end lies ahead: KMIP knows no way back from Deactivated.
import { KmsError } from '../../errors.js';
import { retiringRow } from '../../flows/retiring-row.js';
import { formatInstant, LAST_INSTANT, type EpochSeconds } from '../../kmip/date-time.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { isOver } from '../../rotation/overlap.js';
import { headUidOf } from '../../rotation/replacements.js';
import type { RetiringObject } from '../../rotation/retiring-object.js';
import { decodeOrError } from '../../store/find/rows.js';
import { logRow } from '../../store/own/rotation-log.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import type { Store } from '../../store/store.js';
import { readableValidityOf } from '../../survey/certificate-validity.js';
import type { RunContext } from '../context.js';
import { concurrentChange, MAX_TRIES } from '../retry-conflicts.js';

export type ExtendContext = Pick<RunContext, 'now' | 'runId' | 'identity'> & {
  readonly store: Pick<
    Store,
    | 'resolveUid'
    | 'retiringObjects'
    | 'readRows'
    | 'load'
    | 'loadRelated'
    | 'loggedReplacements'
    | 'apply'
  >;
};

export interface ExtendedOverlap {
  /** What retires together, by uid. */
  readonly uids: readonly string[];
  readonly headUid: string;
  readonly previousEndsAt: EpochSeconds;
  readonly endsAt: EpochSeconds;
  /** Whether the objects end by themselves before the end that was asked for. */
  readonly isCut: boolean;
}

/**
 * Moves the end to so many seconds from now, but never beyond the objects’ own end.
 *
 * @throws KmsError NotRetiring, naming the head, if the object is not in its overlap; ConcurrentChange.
 */
export async function extendOverlap(
  context: ExtendContext,
  uid: string,
  overlapSeconds: number,
): Promise<ExtendedOverlap> {
  for (let tries = 1; ; tries += 1) {
    const members = await loadMembers(context, uid);
    const [first] = members;
    if (first === undefined) throw await notRetiring(context, uid);
    const asked = Math.min(context.now() + overlapSeconds, LAST_INSTANT);
    const endsAt = Math.min(asked, ...members.flatMap(ownEndsOf));
    const { outcomes, error } = await context.store.apply([unitOf(context, members, endsAt)]);
    if (error !== null) throw error;
    const [outcome] = outcomes;
    if (outcome?.kind === 'failed') throw outcome.error;
    if (outcome?.kind === 'written') {
      const related = await context.store.loadRelated([first.retiring.replacementUid]);
      return {
        uids: members.map(({ retiring }) => retiring.uid),
        headUid: headUidOf(first.retiring, related),
        previousEndsAt: first.retiring.endsAt,
        endsAt,
        isCut: endsAt < asked,
      };
    }
    if (tries >= MAX_TRIES) throw concurrentChange(uid);
  }
}

interface Member {
  readonly retiring: RetiringObject;
  readonly object: ManagedObject;
}

/** Returns what retires with an object, it first; nothing if it does not retire any more. */
async function loadMembers({ store, now }: ExtendContext, uid: string): Promise<readonly Member[]> {
  const asked = (await store.retiringObjects([uid])).get(uid);
  if (asked === undefined || isOver(asked, now())) return [];
  const together = [...(await store.retiringObjects()).values()].filter(
    ({ objectUid, endsAt }) => objectUid === asked.objectUid && endsAt === asked.endsAt,
  );
  const rows = new Map(
    (await store.readRows(together.map((one) => one.uid))).map((row) => [row.id, row]),
  );
  const members = together.flatMap((retiring): Member[] => {
    const row = rows.get(retiring.uid);
    if (row?.state !== 'Active') return [];
    const object = decodeOrError(row);
    if (object instanceof KmsError) throw object;
    return [{ retiring, object }];
  });
  const isAsked = ({ retiring }: Member) => retiring.uid === uid;
  return members.some(isAsked)
    ? [...members.filter(isAsked), ...members.filter((member) => !isAsked(member))]
    : [];
}

function ownEndsOf({ retiring, object }: Member): readonly EpochSeconds[] {
  const notAfter = readableValidityOf(object)?.notAfter ?? null;
  return [retiring.ownEndAt, notAfter].filter((end) => end !== null);
}

async function notRetiring({ store }: ExtendContext, uid: string): Promise<KmsError> {
  const [candidate] = await store.load([uid]);
  const replacedBy =
    candidate?.replacedBy ?? (await store.loggedReplacements([uid])).get(uid) ?? null;
  if (replacedBy === null) {
    return new KmsError('NotRetiring', `${JSON.stringify(uid)} is not replaced`, {
      uid,
      hint: 'only a replaced object that still is in its overlap has an end to be moved',
    });
  }
  const related = await store.loadRelated([replacedBy]);
  const head = JSON.stringify(headUidOf({ replacementUid: replacedBy }, related));
  return new KmsError(
    'NotRetiring',
    `${JSON.stringify(uid)} is replaced by ${head}, and has no overlap that still goes on`,
    { uid, hint: `have clients use ${head}` },
  );
}

/** The log row comes first: after a lost connection it shows whether the transaction was committed. */
function unitOf(
  { identity, runId, now }: ExtendContext,
  members: readonly Member[],
  endsAt: EpochSeconds,
): UnitOfWork {
  const log = members.map(({ retiring }) =>
    logRow({
      ...identity,
      runId,
      at: formatInstant(now()),
      durationMs: 0,
      uid: retiring.uid,
      replacementUid: null,
      flow: null,
      outcome: 'extended',
      reason: null,
      message: `its overlap ends at ${formatInstant(endsAt)}, not at ${formatInstant(retiring.endsAt)}`,
    }),
  );
  return {
    changes: members.map(({ retiring, object }) => ({
      kind: 'replace',
      before: object.row,
      after: retiringRow(object, { ...retiring, endsAt }, now()),
    })),
    rewrapping: null,
    overlaps: members.map(({ retiring }) => ({ retiring, endsAt })),
    ownRows: log,
  };
}
