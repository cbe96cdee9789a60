// The store as the rest of the program sees it: a record of functions over one connection, none of which
// lets a driver's error out.
import type { Knex } from 'knex';
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { Rewrapping } from '../flows/change.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import {
  apply,
  dryRunRewrapping,
  type UnitOutcome,
  writeOwnRows,
  type ApplyResult,
  type OwnRow,
  type UnitOfWork,
} from './apply.js';
import { connect } from './connect/connect.js';
import type { Connection, ConnectOptions, Indexed } from './connect/connection.js';
import {
  CERTIFICATE_INDEX,
  DUE_INDEX,
  FOREIGN_LINK_INDEX,
  KEYSET_INDEX,
  MISLABELLED_INDEX,
  type Dialect,
} from './dialects/dialect.js';
import { translateErrors, WriteConflict } from './connect/driver-errors.js';
import {
  findActiveCertificates,
  findAll,
  findDue,
  findWithPolicy,
  uidsWithPrefix,
  type FoundRow,
  type DueRow,
  type ObjectFilters,
} from './find/find.js';
import { findForeignPublicKeyLinks } from './find/find-foreign-public-key-links.js';
import { assertClocksAgree, assertFit } from './prepare/fitness.js';
import {
  findByUids,
  findRetiredWrappingKeys,
  findWrappedBy,
  findWrappingCertificates,
} from './find/find-wrapping-keys.js';
import { assertInitialised, assertServerLayout } from './prepare/layout.js';
import {
  dependantsOf,
  findWrappingKeyMismatches,
  type Dependant,
  type WrappingKeyMismatch,
} from './find/dependants.js';
import { lockActiveKeys } from './write/lock-active-keys.js';
import {
  failuresByUid,
  findLogEntries,
  type HistoryFilters,
  type LogFailures,
} from './own/read-log.js';
import { loadCandidates, resolveUid, type LoadOptions } from './find/load.js';
import { loadRelatedObjects } from './find/load-related-objects.js';
import { loggedReplacements, type LogEntry } from './own/rotation-log.js';
import { openOutbox, type Outbox } from './own/open-outbox.js';
import { UNMONITORED, type ProgressMonitor } from './write/rewrap-dependants.js';
import { translatePageErrors } from './connect/translate-errors.js';
import { existingUids, tagsOf } from './find/rows.js';
import { retryTransient, transact, type TransactionFootprint } from './connect/transact.js';
import { issuedWarnings, type IssuedWarning } from './own/warnings.js';
import { addTag, insertObjects } from './write/write-rows.js';

export interface Store {
  /** As it may be shown: without a password. */
  readonly redactedUrl: string;
  /** Names of our indexes that are not there: it all works, but by reading every row. */
  readonly missingIndexes: readonly string[];
  /** @throws KmsError StoreClockSkew if the host's clock and the database's are more than five minutes apart. */
  assertClocksAgree(hostNow: () => EpochSeconds): Promise<void>;
  findDue(until: EpochSeconds, filters: ObjectFilters): AsyncGenerator<readonly DueRow[]>;
  findWithPolicy(filters: ObjectFilters): AsyncGenerator<readonly FoundRow[]>;
  findAll(filters: ObjectFilters): AsyncGenerator<readonly FoundRow[]>;
  findActiveCertificates(filters: ObjectFilters): AsyncGenerator<readonly FoundRow[]>;
  /** Yields private keys in use whose public key is not called after them. Reads every row where the index is missing. */
  findForeignPublicKeyLinks(): AsyncGenerator<readonly FoundRow[]>;
  /** Yields the wrapping keys that an object names, or those given, that are not Active, or certificates, in pages. */
  findRetiredWrappingKeys(uids?: readonly string[]): AsyncGenerator<readonly string[]>;
  /** Yields the certificates that an object names as its wrapping key, in pages. */
  findWrappingCertificates(): AsyncGenerator<readonly Pick<FoundRow, 'id' | 'attributes'>[]>;
  /** Yields what a wrapping key wraps and passes the filters, Destroyed ones aside. */
  findWrappedBy(
    wrappingKeyUid: string,
    filters: ObjectFilters,
  ): AsyncGenerator<readonly FoundRow[]>;
  /** Yields the objects of these uids that pass the filters, in pages. */
  findByUids(uids: readonly string[], filters: ObjectFilters): AsyncGenerator<readonly FoundRow[]>;
  load(uids: readonly string[], options?: LoadOptions): Promise<readonly RotationCandidate[]>;
  /** Returns which of these uids have a row. */
  existingUids(uids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns the tags of these uids, system tags too; a uid without any is absent. */
  tagsOf(uids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Returns uids that begin with a text, so many at most. */
  uidsWithPrefix(prefix: string, limit: number): Promise<readonly string[]>;
  /** @throws KmsError UnknownUid or AmbiguousKeyset. */
  resolveUid(text: string): Promise<string>;
  /** Returns these objects and what they lead to as wrapping keys. */
  loadRelated(uids: readonly string[]): Promise<RelatedObjects>;
  /** Yields what these keys wrap, in pages; a row that cannot be read as the reason. */
  dependantsOf(wrappingKeyUids: readonly string[]): AsyncGenerator<readonly Dependant[]>;
  /** Reads every row where the index is missing. */
  findWrappingKeyMismatches(): Promise<readonly WrappingKeyMismatch[]>;
  /** Returns the replacements of these uids that the rotation log knows. */
  loggedReplacements(uids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Yields entries of the rotation log, the newest first, in pages. @throws KmsError StoreNotInitialised */
  findLogEntries(filters: HistoryFilters): AsyncGenerator<readonly LogEntry[]>;
  /** Returns how often runs have failed to rotate each object. */
  failuresByUid(): Promise<ReadonlyMap<string, LogFailures>>;
  apply(units: readonly UnitOfWork[], monitor?: ProgressMonitor): Promise<ApplyResult>;
  /** Does all of a re-wrapping but the writing. */
  dryRunRewrapping(rewrapping: Rewrapping, monitor: ProgressMonitor): Promise<UnitOutcome>;
  /** Writes rows of ours in a transaction of their own. */
  writeOwnRows(rows: readonly OwnRow[]): Promise<void>;
  readonly outbox: Outbox;
  issuedWarnings(uids: readonly string[]): Promise<readonly IssuedWarning[]>;
  /**
   * Writes all of these new objects, or, if a uid is taken, nothing, and returns false.
   *
   * @throws KmsError WrappingKeyNotActive if a wrapping key is not Active any more.
   */
  create(objects: readonly TaggedRow[]): Promise<boolean>;
  close(): Promise<void>;
}

/** A new object, with all its tags. */
export interface TaggedRow {
  readonly row: ObjectRow;
  readonly tags: readonly string[];
}

/** How long to wait for somebody else's lock unless told otherwise, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5000;

const DEFAULT_LOAD_OPTIONS: LoadOptions = { alsoRelated: [], detectServerKek: false };

/**
 * Opens a store and checks its layout; for writing, also that nothing would be lost in it, and that our own
 * tables are there.
 *
 * @throws KmsError StoreNotFound, NotAStore, StoreUnfit, StoreNotInitialised, or what reaching it met.
 */
export async function openStore(url: string, options: ConnectOptions): Promise<Store> {
  const reached = await connect(url, options);
  const { knex, dialect, redactedUrl } = reached;
  const guarded = <T>(operation: () => Promise<T>) => translateErrors(redactedUrl, operation);
  const retried = <T>(operation: () => Promise<T>) => guarded(() => retryTransient(operation));
  let connection: Connection;
  try {
    connection = await guarded(async () => {
      await assertServerLayout(reached);
      const found = { ...reached, indexed: await findIndexes(reached) };
      if (options.mode === 'read') return found;
      await assertFit(reached);
      await assertInitialised(reached);
      await dialect.configure(knex);
      return { ...found, maxStatementBytes: await dialect.maxStatementBytes(knex) };
    });
  } catch (error) {
    await knex.destroy();
    throw error;
  }
  return {
    redactedUrl,
    missingIndexes: missingOf(connection.indexed),
    assertClocksAgree: (hostNow) => retried(() => assertClocksAgree(connection, hostNow)),
    findDue: (until, filters) =>
      translatePageErrors(redactedUrl, findDue(connection, until, filters)),
    findWithPolicy: (filters) =>
      translatePageErrors(redactedUrl, findWithPolicy(connection, filters)),
    findAll: (filters) => translatePageErrors(redactedUrl, findAll(connection, filters)),
    findActiveCertificates: (filters) =>
      translatePageErrors(redactedUrl, findActiveCertificates(connection, filters)),
    findForeignPublicKeyLinks: () =>
      translatePageErrors(redactedUrl, findForeignPublicKeyLinks(connection)),
    findRetiredWrappingKeys: (uids) =>
      translatePageErrors(redactedUrl, findRetiredWrappingKeys(connection, uids)),
    findWrappingCertificates: () =>
      translatePageErrors(redactedUrl, findWrappingCertificates(connection)),
    findWrappedBy: (uid, filters) =>
      translatePageErrors(redactedUrl, findWrappedBy(connection, uid, filters)),
    findByUids: (uids, filters) =>
      translatePageErrors(redactedUrl, findByUids(connection, uids, filters)),
    // In one snapshot: a row from before another run's commit, beside its keyset from after, would look
    // like a conflict.
    load: (uids, options = DEFAULT_LOAD_OPTIONS) =>
      retried(() =>
        knex.transaction(
          (snapshot) => loadCandidates({ ...connection, knex: snapshot }, uids, options),
          dialect.snapshot,
        ),
      ),
    existingUids: (uids) => retried(() => existingUids(connection, uids)),
    tagsOf: (uids) => retried(() => tagsOf(connection, uids)),
    uidsWithPrefix: (prefix, limit) => retried(() => uidsWithPrefix(connection, prefix, limit)),
    resolveUid: (text) => retried(() => resolveUid(connection, text)),
    loadRelated: (uids) => retried(() => loadRelatedObjects(connection, [], uids)),
    dependantsOf: (uids) => translatePageErrors(redactedUrl, dependantsOf(connection, uids)),
    findWrappingKeyMismatches: () => retried(() => findWrappingKeyMismatches(connection)),
    loggedReplacements: (uids) => retried(() => loggedReplacements(connection, uids)),
    findLogEntries: (filters) =>
      translatePageErrors(redactedUrl, findLogEntries(connection, filters)),
    failuresByUid: () => retried(() => failuresByUid(connection)),
    apply: (units, monitor = UNMONITORED) => apply(connection, units, monitor),
    dryRunRewrapping: (rewrapping, monitor) => dryRunRewrapping(connection, rewrapping, monitor),
    writeOwnRows: (rows) => writeOwnRows(connection, rows),
    outbox: openOutbox(connection),
    issuedWarnings: (uids) => retried(() => issuedWarnings(connection, uids)),
    create: (objects) =>
      guarded(() =>
        transact(connection, creationOf(objects), async (transaction) => {
          const rows = objects.map(({ row }) => row);
          for (const uid of new Set(rows.flatMap(({ wrappingKeyId }) => wrappingKeyId ?? []))) {
            await lockOrRefuse(transaction, dialect, uid);
          }
          await insertObjects(transaction, dialect, rows);
          for (const { row, tags } of objects) {
            for (const tag of tags) await addTag(transaction, dialect, row.id, tag);
          }
          return true;
        }),
      ).catch((error: unknown) => {
        if (error instanceof WriteConflict) return false;
        throw error;
      }),
    close: () => knex.destroy(),
  };
}

async function findIndexes({ knex, dialect }: Connection): Promise<Indexed> {
  return {
    due: await dialect.indexExists(knex, DUE_INDEX),
    keyset: await dialect.indexExists(knex, KEYSET_INDEX),
    certificates: await dialect.indexExists(knex, CERTIFICATE_INDEX),
    wrappingKeyMismatches: await dialect.indexExists(knex, MISLABELLED_INDEX),
    foreignLinks: await dialect.indexExists(knex, FOREIGN_LINK_INDEX),
  };
}

function missingOf({
  due,
  keyset,
  certificates,
  wrappingKeyMismatches,
  foreignLinks,
}: Indexed): readonly string[] {
  return [
    ...(due ? [] : [DUE_INDEX]),
    ...(keyset ? [] : [KEYSET_INDEX]),
    ...(certificates ? [] : [CERTIFICATE_INDEX]),
    ...(wrappingKeyMismatches ? [] : [MISLABELLED_INDEX]),
    ...(foreignLinks ? [] : [FOREIGN_LINK_INDEX]),
  ];
}

/** A conflict about the wrapping key is none about the uid of the new object. */
async function lockOrRefuse(
  transaction: Knex.Transaction,
  dialect: Dialect,
  uid: string,
): Promise<void> {
  try {
    await lockActiveKeys(transaction, dialect, [uid]);
  } catch (error) {
    if (!(error instanceof WriteConflict)) throw error;
    throw new KmsError(
      'WrappingKeyNotActive',
      `the wrapping key ${JSON.stringify(uid)} was retired meanwhile`,
      { uid, hint: 'try again under its latest generation: kms key lineage shows it' },
    );
  }
}

function creationOf(objects: readonly TaggedRow[]): TransactionFootprint {
  const uids = objects.map(({ row }) => row.id);
  const [uid = null] = uids;
  return {
    replaced: [],
    inserted: { table: 'objects', row: { id: uid } },
    uids,
    startsWithWrite: false,
  };
}
