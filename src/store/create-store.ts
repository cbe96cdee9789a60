// Builds the record of functions that a store is. Reads are retried after passing failures; no driver's error gets out.
import { errorThrownBy } from '../errors.js';
import { apply, dryRunRewrapping, writeOwnRows } from './apply.js';
import type { Connection } from './connect/connection.js';
import { readSnapshot } from './connect/read-snapshot.js';
import { retryTransient } from './connect/retry-transient.js';
import { openSessions } from './connect/open-sessions.js';
import { translateErrors, translatePageErrors } from './connect/errors/translate-errors.js';
import { namesOfMissing } from './dialects/our-indexes.js';
import { dependantsOf } from './find/dependants.js';
import {
  findActiveCertificates,
  findAll,
  findByUids,
  findDue,
  findEnding,
  findHalfUsed,
  findStoppedMembers,
  findWithPolicy,
  findWrappedBy,
} from './find/find.js';
import { findForeignPublicKeyLinks } from './find/find-foreign-public-key-links.js';
import { findRetiredWrappingKeys, findWrappingCertificates } from './find/find-wrapping-keys.js';
import { loadKeysets } from './find/keysets.js';
import { rightsOf } from './find/left-overs.js';
import { loadCandidates, type LoadOptions } from './find/load-candidates.js';
import { loadRelatedObjects } from './find/load-related-objects.js';
import { resolveUid } from './find/resolve-uid.js';
import {
  allRows,
  existingUids,
  grantsOf,
  selectRows,
  tagsOf,
  uidsWithPrefix,
} from './find/rows.js';
import { rightsOn, surroundingsOf } from './find/surroundings.js';
import { findWrappingKeyMismatches } from './find/find-wrapping-key-mismatches.js';
import { changeKey } from './own/chain/change-key.js';
import type { ChainHead } from './own/chain/chain-details.js';
import { closeChains } from './own/chain/close-chains.js';
import { readLogSnapshot } from './own/chain/read-chains.js';
import { findConditions, openConditions, updateConditions } from './own/conditions.js';
import { lastRuns, recordRun } from './own/last-runs.js';
import { openOutbox } from './own/open-outbox.js';
import {
  beginRequests,
  changeRequests,
  endRequests,
  openRequests,
  takeOverRequests,
} from './own/server-requests.js';
import { findLogEntries } from './own/find-log-entries.js';
import {
  loggedFacts,
  loggedReplacements,
  rotationsOf,
  rotatedSince,
  takenBackFrom,
} from './own/read-log.js';
import { prune } from './own/prune.js';
import { pruneHistory } from './own/prune-history.js';
import { longestBeforeEnd, policyOptions } from './own/policy-options.js';
import { overlapsOfOthers, retiringObjects } from './own/retiring.js';
import { tableSizes } from './own/table-sizes.js';
import { issuedWarnings } from './own/warnings.js';
import { writeOwnTables } from './own/write-own-tables.js';
import { assertClocksAgree } from './prepare/fitness.js';
import { buildMissingIndexes, freeStaleLock, ownFaults } from './prepare/own-faults.js';
import type { Store } from './store.js';
import type { StoreIdentity } from './store-label.js';
import { createObjects } from './write/create-objects.js';
import { UNMONITORED } from './write/rewrap-dependants.js';

const DEFAULT_LOAD_OPTIONS: LoadOptions = { alsoRelated: [], detectServerKek: false };

/** Returns a store over a connection that open.ts has checked. */
export function createStore(connection: Connection, identity: StoreIdentity): Store {
  const { knex, redactedUrl } = connection;
  const read = <T>(operation: () => Promise<T>) =>
    translateErrors(redactedUrl, () => retryTransient(operation));
  const pages = <T>(found: AsyncGenerator<T>) => translatePageErrors(redactedUrl, found);
  const heads: ChainHead[] = [];
  const endChains = async () => {
    const ended = await closeChains(connection);
    heads.push(...ended);
    return ended;
  };
  return {
    redactedUrl,
    identity,
    replica: connection.replica,
    missingIndexes: namesOfMissing(connection.indexes),
    ownFaults: () => read(() => ownFaults(connection)),
    buildMissingIndexes: () => translateErrors(redactedUrl, () => buildMissingIndexes(connection)),
    freeStaleLock: () => translateErrors(redactedUrl, () => freeStaleLock(connection)),
    assertClocksAgree: (hostNow) => read(() => assertClocksAgree(connection, hostNow)),
    hasLostSessions: () => connection.sessionsLost() > 0,
    databaseNow: () => read(() => connection.dialect.now(knex)),

    findDue: (until, filters) => pages(findDue(connection, until, filters)),
    findEnding: (until, filters) => pages(findEnding(connection, until, filters)),
    findHalfUsed: (filters) => pages(findHalfUsed(connection, filters)),
    findWithPolicy: (filters) => pages(findWithPolicy(connection, filters)),
    findStoppedMembers: (filters) => pages(findStoppedMembers(connection, filters)),
    findAll: (filters) => pages(findAll(connection, filters)),
    findActiveCertificates: (filters) => pages(findActiveCertificates(connection, filters)),
    findByUids: (uids, filters) => pages(findByUids(connection, uids, filters)),
    findRows: () => pages(allRows(connection)),
    estimatedObjects: () => read(() => connection.dialect.estimatedObjects(knex)),
    findForeignPublicKeyLinks: () => pages(findForeignPublicKeyLinks(connection)),
    findRetiredWrappingKeys: (uids) => pages(findRetiredWrappingKeys(connection, uids)),
    findWrappingCertificates: () => pages(findWrappingCertificates(connection)),
    findWrappedBy: (uid, filters) => pages(findWrappedBy(connection, uid, filters)),
    findWrappingKeyMismatches: () => read(() => findWrappingKeyMismatches(connection)),

    // In one snapshot: a row from before another run's commit, with its keyset from after it, would look like a
    // conflict.
    load: (uids, options = DEFAULT_LOAD_OPTIONS) =>
      read(() =>
        readSnapshot(connection, (snapshot) =>
          loadCandidates({ ...connection, knex: snapshot }, uids, options),
        ),
      ),
    loadRelated: (uids) => read(() => loadRelatedObjects(connection, [], uids)),
    dependantsOf: (uids) => pages(dependantsOf(connection, uids)),
    readRows: (uids) => read(() => selectRows(connection, uids)),
    keysets: (names) => read(() => loadKeysets(connection, names)),
    surroundings: (objects) => read(() => surroundingsOf(connection, objects)),
    rightsOn: (uids) => read(() => rightsOn(connection, uids)),
    grantsOf: (uids) => read(() => grantsOf(connection, uids)),
    rightsOf: (uid) => read(() => rightsOf(connection, uid)),
    existingUids: (uids) => read(() => existingUids(connection, uids)),
    rotatedSince: (uids) => read(() => rotatedSince(connection, uids)),
    tagsOf: (uids) => read(() => tagsOf(connection, uids)),
    uidsWithPrefix: (prefix, limit) => read(() => uidsWithPrefix(connection, prefix, limit)),
    resolveUid: (text) => read(() => resolveUid(connection, text)),

    openSessions: (wanted) => openSessions(connection, wanted),
    apply: (units, monitor = UNMONITORED) => apply(connection, units, monitor),
    dryRunRewrapping: (rewrapping, monitor) => dryRunRewrapping(connection, rewrapping, monitor),
    create: (objects, log) => createObjects(connection, objects, log),
    writeOwnRows: (rows) => writeOwnRows(connection, rows),

    findLogEntries: (filters, onRead) => pages(findLogEntries(connection, filters, onRead)),
    readLogSnapshot: (use) => translateErrors(redactedUrl, () => readLogSnapshot(connection, use)),
    rotationsOf: (runId) => read(() => rotationsOf(connection, runId)),
    loggedReplacements: (uids) => read(() => loggedReplacements(connection, uids)),
    takenBackFrom: (uids) => read(() => takenBackFrom(connection, uids)),
    loggedFacts: (uids) => read(() => loggedFacts(connection, uids)),
    longestBeforeEnd: () => read(() => longestBeforeEnd(connection)),
    policyOptions: (uids) => read(() => policyOptions(connection, uids)),
    issuedWarnings: (uids) => read(() => issuedWarnings(connection, uids)),
    retiringObjects: (uids) => read(() => retiringObjects(connection, uids)),
    overlapsOfOthers: () => read(() => overlapsOfOthers(connection)),
    openConditions: () => read(() => openConditions(connection)),
    findConditions: (idOrSubject) => read(() => findConditions(connection, idOrSubject)),
    updateConditions: (names, decide) =>
      writeOwnTables(connection, (transaction) =>
        updateConditions(connection, transaction, names, decide),
      ),
    openRequests: () => read(() => openRequests(connection)),
    beginRequests: (requests) =>
      writeOwnTables(connection, (transaction) => beginRequests(transaction, requests)),
    changeRequests: (runId, changes, now) =>
      writeOwnTables(connection, (transaction) => changeRequests(transaction, runId, changes, now)),
    takeOverRequests: (requests, runId, now) =>
      writeOwnTables(connection, (transaction) =>
        takeOverRequests(transaction, requests, runId, now),
      ),
    endRequests: (runId, uids) =>
      writeOwnTables(connection, async (transaction) => {
        await endRequests(transaction, runId, uids);
      }),
    tableSizes: () => read(() => tableSizes(connection)),
    lastRuns: () => read(() => lastRuns(connection)),
    prune: (now) => writeOwnTables(connection, (transaction) => prune(transaction, now)),
    pruneHistory: (options) => pruneHistory(connection, options),
    recordRun: (run) =>
      writeOwnTables(connection, (transaction) => recordRun(connection, transaction, run)),
    outbox: openOutbox(connection),

    changeAuditKey: (writer, to) => changeKey(connection, writer, to),
    closeChains: endChains,
    close: async () => {
      // Chains that cannot be closed stay open: what they hold is committed, and the next run names it.
      await errorThrownBy(async () => {
        await endChains();
      });
      await knex.destroy();
      return heads;
    },
  };
}
