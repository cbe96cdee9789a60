// The store as the rest of the program sees it: a record of functions over one connection, none of which
// lets a driver's error out.
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import type { Subject } from '../rotation/subject.js';
import { apply, insertRow, insertTags, writeExtraRows, type Applied, type Unit } from './apply.js';
import { connect } from './connect.js';
import type { Connection, ConnectOptions } from './connection.js';
import { DUE_INDEX, KEYSET_INDEX } from './dialect.js';
import { translatingFailures, WriteConflict } from './failure.js';
import {
  findAll,
  findDue,
  findStranded,
  findWithPolicy,
  type Candidate,
  type Filters,
  type Stranded,
} from './find.js';
import { assertInitialised, assertServerLayout } from './layout.js';
import { existing, loadSubjects, resolveUid } from './load.js';
import { logRow, type LogEntry } from './log.js';

export interface Store {
  /** As it may be shown: without a password. */
  readonly shownUrl: string;
  findDue(until: EpochSeconds, filters: Filters): AsyncGenerator<readonly Candidate[]>;
  findWithPolicy(filters: Filters): AsyncGenerator<readonly Candidate[]>;
  findAll(filters: Filters): AsyncGenerator<readonly Candidate[]>;
  findStranded(): Promise<readonly Stranded[]>;
  load(uids: readonly string[]): Promise<readonly Subject[]>;
  /** Returns which of these uids have a row. */
  existing(uids: readonly string[]): Promise<ReadonlySet<string>>;
  /** @throws KmsError UnknownUid or AmbiguousKeyset. */
  resolveUid(text: string): Promise<string>;
  apply(units: readonly Unit[]): Promise<Applied>;
  log(entries: readonly LogEntry[]): Promise<void>;
  /** Returns false, and writes nothing, if the uid is taken. */
  create(row: ObjectRow, tags: readonly string[]): Promise<boolean>;
  close(): Promise<void>;
}

/** How long to wait for somebody else's lock unless told otherwise, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5000;

/**
 * Opens a store and checks its layout; for writing, also that our own tables are there.
 *
 * @throws KmsError StoreNotFound, NotAStore, StoreNotInitialised, or what reaching it met.
 */
export async function openStore(url: string, options: ConnectOptions): Promise<Store> {
  const reached = await connect(url, options);
  const { knex, dialect, shownUrl } = reached;
  const guarded = <T>(operation: () => Promise<T>) => translatingFailures(shownUrl, operation);
  let connection: Connection;
  try {
    connection = await guarded(async () => {
      await assertServerLayout(reached);
      if (options.mode === 'write') await assertInitialised(reached);
      const due = await dialect.indexExists(knex, DUE_INDEX);
      const keyset = await dialect.indexExists(knex, KEYSET_INDEX);
      return { ...reached, indexed: { due, keyset } };
    });
  } catch (error) {
    await knex.destroy();
    throw error;
  }
  return {
    shownUrl,
    findDue: (until, filters) => guardedPages(shownUrl, findDue(connection, until, filters)),
    findWithPolicy: (filters) => guardedPages(shownUrl, findWithPolicy(connection, filters)),
    findAll: (filters) => guardedPages(shownUrl, findAll(connection, filters)),
    findStranded: () => guarded(() => findStranded(connection)),
    // In one snapshot: a row from before another run's commit, beside its keyset from after, would look
    // like a conflict.
    load: (uids) =>
      guarded(() =>
        knex.transaction(
          (snapshot) => loadSubjects({ ...connection, knex: snapshot }, uids),
          dialect.snapshot,
        ),
      ),
    existing: (uids) => guarded(() => existing(connection, uids)),
    resolveUid: (text) => guarded(() => resolveUid(connection, text)),
    apply: (units) => apply(connection, units),
    log: (entries) => writeExtraRows(connection, entries.map(logRow)),
    create: (row, tags) =>
      guarded(() =>
        knex.transaction(async (transaction) => {
          await insertRow(transaction, row);
          await insertTags(transaction, row.id, tags);
          return true;
        }, dialect.transaction),
      ).catch((error: unknown) => {
        if (error instanceof WriteConflict) return false;
        throw error;
      }),
    close: () => knex.destroy(),
  };
}

async function* guardedPages<T>(shownUrl: string, pages: AsyncGenerator<T>): AsyncGenerator<T> {
  for (;;) {
    const page = await translatingFailures(shownUrl, () => pages.next());
    if (page.done === true) return;
    yield page.value;
  }
}
