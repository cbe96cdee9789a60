// What doctor takes from outside, and the rows of our log about what it does.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { RunContext } from '../run/context.js';
import type { RewrapContext } from '../run/rewrap-batch.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import type { OwnRow } from '../store/own/our-tables.js';
import type { Store } from '../store/store.js';
import type { FindingCode } from './finding.js';

/** What doctor reads and writes. */
export type DoctorStore = Pick<
  Store,
  | 'redactedUrl'
  | 'ownFaults'
  | 'buildMissingIndexes'
  | 'freeStaleLock'
  | 'databaseNow'
  | 'findRows'
  | 'estimatedObjects'
  | 'findByUids'
  | 'findWrappedBy'
  | 'findRetiredWrappingKeys'
  | 'findWrappingKeyMismatches'
  | 'readRows'
  | 'keysets'
  | 'rightsOf'
  | 'surroundings'
  | 'existingUids'
  | 'load'
  | 'loadRelated'
  | 'loggedReplacements'
  | 'takenBackFrom'
  | 'openConditions'
  | 'openRequests'
  | 'loggedFacts'
  | 'retiringObjects'
  | 'findActiveCertificates'
  | 'findForeignPublicKeyLinks'
  | 'findWrappingCertificates'
  | 'apply'
  | 'writeOwnRows'
>;

export interface DoctorContext
  extends
    RewrapContext,
    Pick<
      RunContext,
      'firstDeadline' | 'ends' | 'newUid' | 'newPair' | 'serverKek' | 'withCertificates'
    > {
  readonly store: DoctorStore;
  readonly options: DoctorOptions;
  /** True after a first SIGTERM or SIGINT; asked before each repair. */
  readonly stopRequested: () => Promise<boolean>;
}

/** How old a leftover must be unless told otherwise: a server finishes a rotation within seconds. */
export const USUAL_MIN_AGE_SECONDS = 3600;

export interface DoctorOptions {
  /** Only findings of these codes; empty for all but notes that must be asked for. */
  readonly only: readonly FindingCode[];
  readonly owner: string | undefined;
  /** How old the youngest leftover of a rotation must be, in seconds. */
  readonly minAgeSeconds: number;
  /** Uids to keep where nothing proves which one is right. */
  readonly keep: readonly string[];
  /** How long nobody else may be able to write, unless somebody was asked; a time that nobody notices by default. */
  readonly lockWritersSeconds?: number | undefined;
  /** The repairs that somebody was asked about, by repairKey; without it, every repair may be done. */
  readonly confirmed?: ReadonlySet<string>;
}

/** The time by the database’s clock, or this host’s where that is the same. */
export async function databaseNow({ store, now }: DoctorContext): Promise<EpochSeconds> {
  return (await store.databaseNow()) ?? now();
}

/** Returns the row of our log about something that doctor does. */
export function doctorLogRow(
  { identity, runId, now }: Pick<DoctorContext, 'identity' | 'runId' | 'now'>,
  entry: Pick<LogEntry, 'uid' | 'outcome'> &
    Partial<Pick<LogEntry, 'replacementUid' | 'flow' | 'message'>>,
): OwnRow {
  const { replacementUid = null, flow = null, message = null } = entry;
  return logRow({
    ...identity,
    runId,
    at: formatInstant(now()),
    durationMs: 0,
    uid: entry.uid,
    replacementUid,
    flow,
    outcome: entry.outcome,
    reason: null,
    message,
  });
}
