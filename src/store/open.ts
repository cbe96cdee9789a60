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
  rehearse,
  type Outcome,
  writeExtraRows,
  type Applied,
  type ExtraRow,
  type Unit,
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
import { translatingFailures, WriteConflict } from './connect/driver-errors.js';
import {
  findActiveCertificates,
  findAll,
  findDue,
  findWithPolicy,
  uidsFrom,
  type FoundRow,
  type DueRow,
  type Filters,
} from './find/find.js';
import { findForeignPublicKeyLinks } from './find/find-shared-public-keys.js';
import { assertClocksAgree, assertFit } from './prepare/fitness.js';
import {
  findAmong,
  findRetiredWrappingKeys,
  findWrappedBy,
  findWrappingCertificates,
} from './find/find-stale-dependants.js';
import { assertInitialised, assertServerLayout } from './prepare/layout.js';
import {
  dependantsOf,
  findWrappingKeyMismatches,
  type Dependant,
  type WrappingKeyMismatch,
} from './find/dependants.js';
import { lockActiveKeys } from './write/lock-active-keys.js';
import { failuresInLog, logPages, type HistoryFilters, type LogFailures } from './own/read-log.js';
import { loadCandidates, resolveUid, type LoadOptions } from './find/load.js';
import { loadRelatedObjects } from './find/load-related-objects.js';
import { loggedReplacements, type LogEntry } from './own/rotation-log.js';
import { openOutbox, type Outbox } from './own/open-outbox.js';
import { NOBODY, type Watch } from './write/rewrap.js';
import { guardedPages } from './find/pages.js';
import { existing, tagsOf } from './find/rows.js';
import { retrying, transact, type Trace } from './connect/transact.js';
import { givenWarnings, type GivenWarning } from './own/warnings.js';
import { addTag, insertObjects } from './write/write-rows.js';

export interface Store {
  /** As it may be shown: without a password. */
  readonly shownUrl: string;
  /** Names of our indexes that are not there: it all works, but by reading every row. */
  readonly missingIndexes: readonly string[];
  /** @throws KmsError StoreClockSkew if the host's clock and the database's are more than five minutes apart. */
  assertClocksAgree(hostNow: () => EpochSeconds): Promise<void>;
  findDue(until: EpochSeconds, filters: Filters): AsyncGenerator<readonly DueRow[]>;
  findWithPolicy(filters: Filters): AsyncGenerator<readonly FoundRow[]>;
  findAll(filters: Filters): AsyncGenerator<readonly FoundRow[]>;
  findActiveCertificates(filters: Filters): AsyncGenerator<readonly FoundRow[]>;
  /** Yields private keys in use whose public key is not called after them. Reads every row where the index is missing. */
  findForeignPublicKeyLinks(): AsyncGenerator<readonly FoundRow[]>;
  /** Yields the wrapping keys that an object names, or those given, that are not Active, or certificates, in pages. */
  findRetiredWrappingKeys(given?: readonly string[]): AsyncGenerator<readonly string[]>;
  /** Yields the certificates that an object names as its wrapping key, in pages. */
  findWrappingCertificates(): AsyncGenerator<readonly Pick<FoundRow, 'id' | 'attributes'>[]>;
  /** Yields what a wrapping key wraps and passes the filters, Destroyed ones aside. */
  findWrappedBy(wrappingKeyUid: string, filters: Filters): AsyncGenerator<readonly FoundRow[]>;
  /** Yields the objects of these uids that pass the filters, in pages. */
  findAmong(uids: readonly string[], filters: Filters): AsyncGenerator<readonly FoundRow[]>;
  load(uids: readonly string[], options?: LoadOptions): Promise<readonly RotationCandidate[]>;
  /** Returns which of these uids have a row. */
  existing(uids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns the tags of these uids, system tags too; a uid without any is absent. */
  tagsOf(uids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Returns uids that begin with a text, so many at most. */
  uidsFrom(begun: string, limit: number): Promise<readonly string[]>;
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
  logPages(filters: HistoryFilters): AsyncGenerator<readonly LogEntry[]>;
  /** Returns how often runs have failed to rotate each object. */
  failuresInLog(): Promise<ReadonlyMap<string, LogFailures>>;
  apply(units: readonly Unit[], watch?: Watch): Promise<Applied>;
  /** Does all of a re-wrapping but the writing. */
  rehearse(rewrapping: Rewrapping, watch: Watch): Promise<Outcome>;
  /** Writes rows of ours in a transaction of their own. */
  write(rows: readonly ExtraRow[]): Promise<void>;
  readonly outbox: Outbox;
  givenWarnings(uids: readonly string[]): Promise<readonly GivenWarning[]>;
  /**
   * Writes all of these new objects, or, if a uid is taken, nothing, and returns false.
   *
   * @throws KmsError WrappingKeyNotActive if a wrapping key is not Active any more.
   */
  create(objects: readonly NewRow[]): Promise<boolean>;
  close(): Promise<void>;
}

/** A new object, with all its tags. */
export interface NewRow {
  readonly row: ObjectRow;
  readonly tags: readonly string[];
}

/** How long to wait for somebody else's lock unless told otherwise, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5000;

const NOTHING_MORE: LoadOptions = { alsoRelated: [], detectServerKek: false };

/**
 * Opens a store and checks its layout; for writing, also that nothing would be lost in it, and that our own
 * tables are there.
 *
 * @throws KmsError StoreNotFound, NotAStore, StoreUnfit, StoreNotInitialised, or what reaching it met.
 */
export async function openStore(url: string, options: ConnectOptions): Promise<Store> {
  const reached = await connect(url, options);
  const { knex, dialect, shownUrl } = reached;
  const guarded = <T>(operation: () => Promise<T>) => translatingFailures(shownUrl, operation);
  const retried = <T>(operation: () => Promise<T>) => guarded(() => retrying(operation));
  let connection: Connection;
  try {
    connection = await guarded(async () => {
      await assertServerLayout(reached);
      const found = { ...reached, indexed: await findIndexes(reached) };
      if (options.mode === 'read') return found;
      await assertFit(reached);
      await assertInitialised(reached);
      await dialect.settle(knex);
      return { ...found, mostBytes: await dialect.mostBytes(knex) };
    });
  } catch (error) {
    await knex.destroy();
    throw error;
  }
  return {
    shownUrl,
    missingIndexes: missingOf(connection.indexed),
    assertClocksAgree: (hostNow) => retried(() => assertClocksAgree(connection, hostNow)),
    findDue: (until, filters) => guardedPages(shownUrl, findDue(connection, until, filters)),
    findWithPolicy: (filters) => guardedPages(shownUrl, findWithPolicy(connection, filters)),
    findAll: (filters) => guardedPages(shownUrl, findAll(connection, filters)),
    findActiveCertificates: (filters) =>
      guardedPages(shownUrl, findActiveCertificates(connection, filters)),
    findForeignPublicKeyLinks: () => guardedPages(shownUrl, findForeignPublicKeyLinks(connection)),
    findRetiredWrappingKeys: (given) =>
      guardedPages(shownUrl, findRetiredWrappingKeys(connection, given)),
    findWrappingCertificates: () => guardedPages(shownUrl, findWrappingCertificates(connection)),
    findWrappedBy: (uid, filters) =>
      guardedPages(shownUrl, findWrappedBy(connection, uid, filters)),
    findAmong: (uids, filters) => guardedPages(shownUrl, findAmong(connection, uids, filters)),
    // In one snapshot: a row from before another run's commit, beside its keyset from after, would look
    // like a conflict.
    load: (uids, options = NOTHING_MORE) =>
      retried(() =>
        knex.transaction(
          (snapshot) => loadCandidates({ ...connection, knex: snapshot }, uids, options),
          dialect.snapshot,
        ),
      ),
    existing: (uids) => retried(() => existing(connection, uids)),
    tagsOf: (uids) => retried(() => tagsOf(connection, uids)),
    uidsFrom: (begun, limit) => retried(() => uidsFrom(connection, begun, limit)),
    resolveUid: (text) => retried(() => resolveUid(connection, text)),
    loadRelated: (uids) => retried(() => loadRelatedObjects(connection, [], uids)),
    dependantsOf: (uids) => guardedPages(shownUrl, dependantsOf(connection, uids)),
    findWrappingKeyMismatches: () => retried(() => findWrappingKeyMismatches(connection)),
    loggedReplacements: (uids) => retried(() => loggedReplacements(connection, uids)),
    logPages: (filters) => guardedPages(shownUrl, logPages(connection, filters)),
    failuresInLog: () => retried(() => failuresInLog(connection)),
    apply: (units, watch = NOBODY) => apply(connection, units, watch),
    rehearse: (rewrapping, watch) => rehearse(connection, rewrapping, watch),
    write: (rows) => writeExtraRows(connection, rows),
    outbox: openOutbox(connection),
    givenWarnings: (uids) => retried(() => givenWarnings(connection, uids)),
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

function creationOf(objects: readonly NewRow[]): Trace {
  const uids = objects.map(({ row }) => row.id);
  const [uid = null] = uids;
  return {
    replaced: [],
    inserted: { table: 'objects', row: { id: uid } },
    uids,
    writesFirst: false,
  };
}
