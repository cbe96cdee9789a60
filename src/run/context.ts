// What a run takes from outside, and what it carries while it is under way. Commands fill the context in
// cli/run-context.ts, tests by themselves.
import type { DeliverySummary } from '../report/delivery-summary.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { EnqueueEvent } from '../notify/enqueue-event.js';
import type { RotationResult } from '../report/rotation-result.js';
import type { EndOptions } from '../rotation/ends.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import type { OverlapSettings } from '../rotation/retiring-object.js';
import type { HsmRule } from '../rotation/exclusion.js';
import type { LogEntry } from '../store/own/rotation-log.js';
import type { Store } from '../store/store.js';
import { newRunState, type RunState, type RunStateStore } from './run-state.js';
import type { DueStore } from '../survey/survey.js';
import type { StaleDependantsStore } from '../survey/stale-dependants.js';
import type { RotationContext } from '../flows/rotation-context.js';
import type { ServerKek } from '../flows/server-kek.js';
import type { KmsServer } from './server/kms-server.js';
import { newServerRun, type ServerRun } from './server/server-run.js';

/** What a run reads and writes. */
export type RunStore = DueStore &
  StaleDependantsStore &
  RunStateStore &
  Pick<
    Store,
    | 'resolveUid'
    | 'missingIndexes'
    | 'identity'
    | 'readRows'
    | 'keysets'
    | 'retiringObjects'
    | 'overlapsOfOthers'
    | 'existingUids'
    | 'findWrappingCertificates'
    | 'apply'
    | 'openSessions'
    | 'rotatedSince'
    | 'dryRunRewrapping'
    | 'writeOwnRows'
    | 'closeChains'
    | 'openConditions'
    | 'updateConditions'
    | 'recordRun'
    | 'lastRuns'
    | 'prune'
    | 'databaseNow'
    | 'surroundings'
    | 'rightsOn'
    | 'openRequests'
    | 'beginRequests'
    | 'changeRequests'
    | 'takeOverRequests'
    | 'endRequests'
    | 'hasLostSessions'
    | 'rotationsOf'
  >;

export interface DestinationNames {
  readonly names: readonly string[];
  readonly unusable: readonly string[];
}

/** Everything that a run takes from outside; it has no clock and no randomness of its own. */
export interface RunContext {
  readonly store: RunStore;
  readonly now: () => EpochSeconds;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
  readonly newUid: () => string;
  readonly newPair: RotationContext['newPair'];
  readonly runId: string;
  readonly identity: Pick<LogEntry, 'host' | 'osUser' | 'version'>;
  readonly firstDeadline: FirstDeadlineRule;
  readonly ends: EndOptions;
  readonly hsm: HsmRule;
  readonly serverKek: ServerKek;
  /** The server to ask for what only its module opens; null if there is none, and in a dry run. */
  readonly kmsServer: KmsServer | null;
  /** Whether the certificates of a pair are renewed for its replacement. */
  readonly withCertificates: boolean;
  /** How long after a failure began it is told of again, ascending. */
  readonly remindAfterSeconds: readonly number[];
  /** How often runs are started; null if no setting says. */
  readonly cadenceSeconds: number | null;
  /** By how many seconds this host’s clock is ahead of the database’s. */
  readonly clockAheadSeconds: number;
  readonly overlap: OverlapSettings;
  readonly dryRun: boolean;
  /** True after a first SIGTERM or SIGINT; asked before each batch. */
  readonly stopRequested: () => Promise<boolean>;
  /** Returns the outbox rows of an event, to be written in the same transaction as what it reports. */
  readonly enqueueEvent: EnqueueEvent;
  /** The names of the destinations that the configuration has, and of those of them that cannot be used. */
  readonly destinations: DestinationNames;
  /** Sends what waits in the outbox, within a time limit; returns its failures. */
  readonly deliver: (without?: readonly string[]) => Promise<DeliverySummary>;
  /** Called with the result of each object once it is final: after the commit, if it was rotated. */
  readonly onResult: (result: RotationResult) => void;
  readonly onProgress: (done: number, of: number) => void;
  /** Called while the dependants of one key are re-wrapped. */
  readonly onDependants: (moved: number) => void;
}

/** A run under way. */
export interface Run extends RunContext {
  /** True after a first signal, or when the time is up. */
  readonly isOver: () => Promise<boolean>;
  readonly state: RunState;
  /** Null where no server is asked. */
  readonly serverRun: ServerRun | null;
}

/** Begins a run, which is over after so many seconds, if a limit is given. */
export function beginRun(context: RunContext, maxDurationSeconds: number | null): Run {
  const startMs = context.monotonicMs();
  const isTimeUp = () =>
    maxDurationSeconds !== null && context.monotonicMs() - startMs >= maxDurationSeconds * 1000;
  return {
    ...context,
    isOver: async () => isTimeUp() || (await context.stopRequested()),
    state: newRunState(context.store),
    serverRun: context.kmsServer === null ? null : newServerRun(context.kmsServer, context),
  };
}
