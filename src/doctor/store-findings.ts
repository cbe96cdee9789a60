// Findings about the store itself: what kms init made and is not there, or was left by one that was killed; and what the
// database has lost.
import { KmsError } from '../errors.js';
import { UNNOTICED_LOCK_SECONDS } from '../store/prepare/lock-estimate.js';
import type { Store } from '../store/store.js';
import { exactDuration, formatDuration } from '../text/duration.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';

type OwnFaults = Awaited<ReturnType<Store['ownFaults']>>;

export async function storeFindings(
  context: Pick<DoctorContext, 'store' | 'identity' | 'runId' | 'now' | 'options' | 'dryRun'>,
): Promise<readonly Finding[]> {
  const faults = await context.store.ownFaults();
  return [
    ...tablesFinding(faults),
    ...indexesFinding(context, faults),
    ...lockFinding(context, faults),
    ...faults.missingGrants.map(grantFinding),
    ...(await lostCommitsFinding(context)),
  ];
}

/** @throws KmsError StoreNotInitialised if our tables are older than this version of kms: nothing is written then. */
export async function assertTablesUpToDate({
  redactedUrl,
  ownFaults,
}: Pick<Store, 'redactedUrl' | 'ownFaults'>): Promise<void> {
  const { pending } = await ownFaults();
  if (pending === null || pending.length === 0) return;
  throw new KmsError('StoreNotInitialised', `${redactedUrl}: ${outdated(pending)}`, {
    hint: 'run kms init, then kms doctor --fix again',
  });
}

function outdated(pending: readonly string[]): string {
  return `a part of this version is missing from the tables of kms: ${pending.join(', ')}`;
}

const STORE = { code: 'store', severity: 'note', uids: [] } as const;

function tablesFinding({ pending }: OwnFaults): readonly Finding[] {
  if (pending === null || pending.length === 0) return [];
  return [
    toldFinding({
      ...STORE,
      message: outdated(pending),
      repair: 'nothing: run kms init, which adds it',
      why: 'without it nothing can be repaired',
    }),
  ];
}

/** Without our tables there is nothing to build them for. */
function indexesFinding(
  context: Parameters<typeof storeFindings>[0],
  { missingIndexes, lockedSeconds, pending }: OwnFaults,
): readonly Finding[] {
  if (missingIndexes.length === 0 || (pending !== null && pending.length > 0)) return [];
  const names = missingIndexes.join(', ');
  const message = `indexes are missing, or cannot be used: ${names}`;
  const isLong = lockedSeconds > UNNOTICED_LOCK_SECONDS;
  const locked = `nobody else can write for about ${formatDuration(lockedSeconds)}`;
  if (lockedSeconds > mostLockedSeconds(context)) {
    const command = `kms doctor --fix --yes --lock-writers ${exactDuration(lockedSeconds)}`;
    const repair = `nothing: ${command} builds them`;
    return [toldFinding({ ...STORE, message, repair, why: `${locked} meanwhile` })];
  }
  return [
    {
      ...STORE,
      message,
      repair: `builds them, as kms init does${isLong ? `; ${locked}` : ''}`,
      why: `everything works without them, but reads every row${isLong ? '' : '; servers can write meanwhile'}`,
      action: {
        kind: 'own',
        repair: async () => {
          await context.store.buildMissingIndexes();
          await noteRepair(context, `built ${names}`);
        },
      },
    },
  ];
}

/** Who is asked reads how long it takes. */
function mostLockedSeconds({ dryRun, options }: Parameters<typeof storeFindings>[0]): number {
  if (dryRun || options.confirmed !== undefined) return Infinity;
  return options.lockWritersSeconds ?? UNNOTICED_LOCK_SECONDS;
}

function lockFinding(
  context: Parameters<typeof storeFindings>[0],
  { isLocked }: OwnFaults,
): readonly Finding[] {
  if (!isLocked) return [];
  return [
    {
      ...STORE,
      message: 'a lock is on the tables of kms, as of a kms init that is at work or was killed',
      repair: 'frees the lock, if no kms init is at work',
      why: 'a kms init at work holds another lock besides, which is looked at first',
      action: {
        kind: 'own',
        repair: async () => {
          await context.store.freeStaleLock();
          await noteRepair(context, 'freed the lock of migrations');
        },
      },
    },
  ];
}

function grantFinding(statement: string): Finding {
  return toldFinding({
    ...STORE,
    message: 'the database user of this session lacks a privilege that a run needs',
    repair: `nothing: ${statement}`,
    why: 'only the owner of the table can grant it; a user who only reads needs none',
  });
}

/** Until they are rotated again, which is to say that a run noticed; one that had ended before could not. */
async function lostCommitsFinding({
  store,
}: Pick<DoctorContext, 'store'>): Promise<readonly Finding[]> {
  const open = await store.openConditions();
  const uids = open.filter(({ reason }) => reason === 'CommitLost').map(({ subject }) => subject);
  if (uids.length === 0) return [];
  return [
    toldFinding({
      ...STORE,
      severity: 'error',
      uids,
      message: `the database has lost rotations that a run had reported: it went on at a server that lagged behind`,
      repair:
        'nothing: the next run rotates them again; kms status shows each with the replacement that is gone',
      why: 'who was told of a replacement that is gone may still use it, and nothing brings it back',
    }),
  ];
}

/** An entry about the store itself has no uid. */
async function noteRepair(
  context: Parameters<typeof storeFindings>[0],
  message: string,
): Promise<void> {
  await context.store.writeOwnRows([
    doctorLogRow(context, { uid: '', outcome: 'repaired', message }),
  ]);
}
