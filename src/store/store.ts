// A store as the rest of the program sees it: a record of functions over one connection (create-store.ts), none of
// which lets a driver's error out. A function that uses a few of them takes `Pick<Store, …>`.
import type { Rewrapping } from '../flows/change.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { KeysetMember } from '../rotation/keyset.js';
import type { RetiringObject } from '../rotation/retiring-object.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { ApplyResult, UnitOutcome } from './apply.js';
import type { OpenedSessions } from './connect/open-sessions.js';
import type { Dependant } from './find/dependants.js';
import type { DueRow } from './find/find.js';
import type { FoundRow, ObjectFilters } from './find/found-pages.js';
import type { RightsRow } from './find/left-overs.js';
import type { LoadOptions } from './find/load-candidates.js';
import type { WrappingKeyMismatch } from './find/find-wrapping-key-mismatches.js';
import type { SurroundedObjects, Surroundings } from './find/surroundings.js';
import type { Replica } from './dialects/replica.js';
import type { Condition } from '../conditions/condition.js';
import type { SealingKey } from './own/chain/audit-keys.js';
import type { LogWriter } from './own/chain/change-key.js';
import type { ChainHead } from './own/chain/chain-details.js';
import type { ConditionName, DecideConditions } from './own/conditions.js';
import type { LogSnapshot } from './own/chain/read-chains.js';
import type { LastRun } from './own/last-runs.js';
import type { RequestChange } from './own/server-requests.js';
import type { ServerRequest } from '../rotation/server/server-request.js';
import type { Outbox } from './own/open-outbox.js';
import type { HistoryFilters, OnLogRead } from './own/find-log-entries.js';
import type { LoggedFact } from './own/read-log.js';
import type { PrunedTables, PruneOptions } from './own/prune-history.js';
import type { LogEntry } from './own/rotation-log.js';
import type { TableSizes } from './own/table-sizes.js';
import type { IssuedWarning } from './own/warnings.js';
import type { OwnRow } from './own/our-tables.js';
import type { PolicyOptions } from '../rotation/policy-options.js';
import type { OwnFaults } from './prepare/own-faults.js';
import type { StoreIdentity } from './store-label.js';
import type { TaggedRow } from './write/create-objects.js';
import type { ProgressMonitor } from './write/rewrap-dependants.js';
import type { UnitOfWork } from './write/write-units.js';

/** Rows in pages, so that memory does not grow with their number. */
type Pages<T> = AsyncGenerator<readonly T[]>;

export interface Store {
  /** The URL without its password. */
  readonly redactedUrl: string;
  /** What its label is made of: see storeLabel in store-label.ts. */
  readonly identity: StoreIdentity;
  /** Names of our indexes that the database lacks: everything works without them, but reads every row. */
  readonly missingIndexes: readonly string[];
  /** How it lags, if it is a replica that is only read from; null otherwise. */
  readonly replica: Replica | null;
  /** Returns what of ours is missing, outdated or left behind, as it is now. */
  ownFaults(): Promise<OwnFaults>;
  /** Builds our indexes that are missing or cannot be used. @throws KmsError StoreBusy, StoreAccessDenied. */
  buildMissingIndexes(): Promise<void>;
  /** Frees the lock of migrations that a killed kms init has left. @throws KmsError StoreBusy if one is at work. */
  freeStaleLock(): Promise<void>;
  /** @throws KmsError StoreClockSkew if the host's clock and the database's are more than five minutes apart. */
  assertClocksAgree(hostNow: () => EpochSeconds): Promise<number>;

  /** Returns the time by the database’s own clock; null if it has that of this host. */
  /** Whether a session ended before its time, so that another server may have taken the place of the first. */
  hasLostSessions(): boolean;
  databaseNow(): Promise<EpochSeconds | null>;

  /** Yields Active rows whose earliest possible deadline is not after `until`, in that order. */
  findDue(until: EpochSeconds, filters: ObjectFilters): Pages<DueRow>;
  /** Yields Active rows whose Deactivation Date or Protect Stop Date is not after `until`, with a policy or without. */
  findEnding(until: EpochSeconds, filters: ObjectFilters): Pages<DueRow>;
  /** Yields Active rows that have half of their Usage Limits left, or less, with a policy or without. */
  findHalfUsed(filters: ObjectFilters): Pages<FoundRow>;
  /** Yields members of keysets that are Deactivated or Compromised and do not say that they were replaced. */
  findStoppedMembers(filters: ObjectFilters): Pages<FoundRow>;
  /** Yields rows with a rotation policy, in any state, and Active rows that cannot be read. */
  findWithPolicy(filters: ObjectFilters): Pages<FoundRow>;
  findAll(filters: ObjectFilters): Pages<FoundRow>;
  findActiveCertificates(filters: ObjectFilters): Pages<FoundRow>;
  /** Yields the rows of these uids that pass the filters. */
  findByUids(uids: readonly string[], filters: ObjectFilters): Pages<FoundRow>;
  /** Yields every row, whole. */
  findRows(): Pages<ObjectRow>;
  /** Returns roughly how many objects there are, at once. */
  estimatedObjects(): Promise<number>;
  /** Yields private keys in use whose public key does not have the uid that a server gives it. */
  findForeignPublicKeyLinks(): Pages<FoundRow>;
  /**
   * Yields the wrapping keys that objects name, or those of `uids`, that may be retired: keys that are not Active or
   * are replaced, and all certificates.
   */
  findRetiredWrappingKeys(uids?: readonly string[]): Pages<string>;
  /** Yields the certificates that objects name as their wrapping key. */
  findWrappingCertificates(): Pages<Pick<FoundRow, 'id' | 'attributes'>>;
  /** Yields what a wrapping key wraps and passes the filters, without Destroyed objects. */
  findWrappedBy(wrappingKeyUid: string, filters: ObjectFilters): Pages<FoundRow>;
  /** Returns the wrapped objects whose bytes name another wrapping key than their column does. */
  findWrappingKeyMismatches(): Promise<readonly WrappingKeyMismatch[]>;

  /** Returns what rotations of these objects need to know; a uid without a row is left out. */
  load(uids: readonly string[], options?: LoadOptions): Promise<readonly RotationCandidate[]>;
  /** Returns these objects, what wraps them, and so on upwards. */
  loadRelated(uids: readonly string[]): Promise<RelatedObjects>;
  /** Yields what these keys wrap; a row that cannot be read as the reason. */
  dependantsOf(wrappingKeyUids: readonly string[]): Pages<Dependant>;
  /** Returns the rows of these uids, in no order. */
  readRows(uids: readonly string[]): Promise<readonly ObjectRow[]>;
  /** Returns the members of keysets, by their Rotate Names. A pair counts once, by its private key. */
  keysets(names: readonly string[]): Promise<ReadonlyMap<string, readonly KeysetMember[]>>;
  /** Returns who links to these objects, their tags and grants, and the members of keysets. */
  surroundings(objects: SurroundedObjects): Promise<Surroundings>;
  /** Returns the tags of these objects, and who may do what with them. */
  rightsOn(uids: readonly string[]): Promise<Pick<Surroundings, 'tags' | 'grants'>>;
  /** Returns to how many users each of these uids is granted; a uid without any is absent. */
  grantsOf(uids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Returns the rows of `tags` and `read_access` that name just this uid, whether an object has it or not. */
  rightsOf(uid: string): Promise<readonly RightsRow[]>;
  /** Returns which of these uids have a row. */
  existingUids(uids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns which of these uids are no longer Active because they were rotated, as the log has it. */
  rotatedSince(uids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns the tags of these uids, system tags too; a uid without any is absent. */
  tagsOf(uids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Returns so many uids at most that begin with a text. */
  uidsWithPrefix(prefix: string, limit: number): Promise<readonly string[]>;
  /** Returns the uid that an operator means, by a uid or a keyset. @throws KmsError UnknownUid or AmbiguousKeyset. */
  resolveUid(text: string): Promise<string>;

  /** Opens sessions to write with at once, as many as wanted if the server admits them. Does not throw. */
  openSessions(wanted: number): Promise<OpenedSessions>;
  apply(units: readonly UnitOfWork[], monitor?: ProgressMonitor): Promise<ApplyResult>;
  /** Does all of a re-wrapping but the writing. */
  dryRunRewrapping(rewrapping: Rewrapping, monitor: ProgressMonitor): Promise<UnitOutcome>;
  /**
   * Writes all of these new objects, and a row of the log about them; or, if a uid is taken, none, and returns false.
   *
   * @throws KmsError WrappingKeyNotActive if a wrapping key is no longer Active; UidTaken if a deleted object left tags or
   *   grants under one of the uids.
   */
  create(objects: readonly TaggedRow[], log: OwnRow): Promise<boolean>;
  /** Writes rows of our own tables in a transaction of their own. */
  writeOwnRows(rows: readonly OwnRow[]): Promise<void>;

  /** Yields entries of the rotation log, the newest first. @throws KmsError StoreNotInitialised */
  findLogEntries(filters: HistoryFilters, onRead?: OnLogRead): Pages<LogEntry>;
  /** Reads the chains of the rotation log in one state of the database. @throws KmsError StoreNotInitialised */
  readLogSnapshot<T>(use: (log: LogSnapshot) => Promise<T>): Promise<T>;
  /** Returns the uids of what this run has rotated, by the log. */
  rotationsOf(runId: string): Promise<ReadonlySet<string>>;
  /** Returns the replacements of these uids by the rotation log. */
  loggedReplacements(uids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Returns what each of these was to replace, if doctor has taken it back. */
  takenBackFrom(uids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Returns what the rotation log says of these objects, failures and re-wrapping aside, the oldest first. */
  loggedFacts(uids: readonly string[]): Promise<readonly LoggedFact[]>;
  /** Returns the longest time before its end at which the policy of an object has it rotated; null if none says. */
  longestBeforeEnd(): Promise<number | null>;
  /** Returns the options of these objects' policies; one without any is absent. */
  policyOptions(uids: readonly string[]): Promise<ReadonlyMap<string, PolicyOptions>>;
  /** Returns the deadline warnings that were issued for these objects. */
  issuedWarnings(uids: readonly string[]): Promise<readonly IssuedWarning[]>;
  /** Returns the replaced objects that stay Active until their overlap ends, all or those of these uids, by uid. */
  retiringObjects(uids?: readonly string[]): Promise<ReadonlyMap<string, RetiringObject>>;
  /** Returns the overlaps of objects that are gone, and whose uids others have now. */
  overlapsOfOthers(): Promise<readonly RetiringObject[]>;
  /** Returns the conditions that hold, the oldest first. */
  openConditions(): Promise<readonly Condition[]>;
  /** Returns the conditions with this id or subject, also those that are over. */
  findConditions(idOrSubject: string): Promise<readonly Condition[]>;
  /**
   * Writes what is decided about these conditions, while no other run decides about them. `decide` may be called more
   * than once.
   */
  updateConditions(names: readonly ConditionName[], decide: DecideConditions): Promise<void>;
  /** Returns the requests to a server that are not complete, the oldest first. */
  openRequests(): Promise<readonly ServerRequest[]>;
  /** Adds requests, and returns the uids of those that no other run has made. */
  beginRequests(requests: readonly ServerRequest[]): Promise<ReadonlySet<string>>;
  /** Changes requests of a run, and returns the uids of those that are still its own. */
  changeRequests(
    runId: string,
    changes: readonly RequestChange[],
    now: EpochSeconds,
  ): Promise<ReadonlySet<string>>;
  /** Gives requests of other runs to this one, and returns the uids of those that nobody touched since they were read. */
  takeOverRequests(
    requests: readonly ServerRequest[],
    runId: string,
    now: EpochSeconds,
  ): Promise<ReadonlySet<string>>;
  /** Ends requests of a run that need no rotation to be written. */
  endRequests(runId: string, uids: readonly string[]): Promise<void>;
  tableSizes(): Promise<TableSizes>;
  /** Returns the last run of each scope, the latest first. */
  lastRuns(): Promise<readonly LastRun[]>;
  recordRun(run: LastRun): Promise<void>;
  /** Removes some delivered notifications, and conditions that have long been over. */
  prune(now: EpochSeconds): Promise<void>;
  /** Removes old rows of our tables that nobody needs any more, the log included. */
  pruneHistory(options: PruneOptions): Promise<PrunedTables>;
  readonly outbox: Outbox;

  /**
   * Changes the key that seals the log, with which the store was opened, for another or none.
   *
   * @throws KmsError AuditKey
   */
  changeAuditKey(writer: LogWriter, to: SealingKey | null): Promise<void>;
  /** Ends the chains of the log that this store has written, and returns their last rows. @throws KmsError */
  closeChains(): Promise<readonly ChainHead[]>;
  /** Ends the chains of the log if it can, and disconnects. Returns the last rows of all chains that it has ended. */
  close(): Promise<readonly ChainHead[]>;
}
