// What a run takes from outside; cli/run-context.ts fills it in for commands, tests for themselves.
import type { Deliveries } from '../report/deliveries.js';
import type { RotationContext, ServerKek } from '../flows/change.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { EnqueueEvent } from '../notify/enqueue-event.js';
import type { Result } from '../report/run-report.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import type { LogEntry } from '../store/own/rotation-log.js';
import type { Store } from '../store/store.js';

/** Everything a run takes from outside; it has no clock and no randomness of its own. */
export interface RunContext {
  readonly store: Store;
  readonly now: () => EpochSeconds;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
  readonly newUid: () => string;
  readonly newPair: RotationContext['newPair'];
  readonly runId: string;
  readonly identity: Pick<LogEntry, 'host' | 'osUser' | 'version'>;
  readonly firstDeadline: FirstDeadlineRule;
  readonly serverKek: ServerKek;
  /** Whether a pair's certificates are issued anew for its replacement. */
  readonly withCertificates: boolean;
  readonly dryRun: boolean;
  /** Asked before each batch: true after a first SIGTERM or SIGINT. */
  readonly stopRequested: () => Promise<boolean>;
  /** Rows that tell of an event, to be written with what it tells of. */
  readonly enqueueEvent: EnqueueEvent;
  /** Sends what waits to be told, within a bound of time; what goes wrong it returns. */
  readonly deliver: () => Promise<Deliveries>;
  /** Told of each object once its outcome is final, committed if it is rotated. */
  readonly onResult: (result: Result) => void;
  readonly onProgress: (done: number, of: number) => void;
  /** Told while one key's dependants are re-wrapped. */
  readonly onDependants: (moved: number) => void;
}

/** A run under way: its context, when it is over, and what is looked for at most once in it. */
export interface Run extends RunContext {
  /** True after a first signal, or when the time is up. */
  readonly isOver: () => Promise<boolean>;
  readonly wrappingKeyMismatches: () => Promise<RotationContext['wrappingKeyMismatches']>;
  readonly certificates: () => Promise<RotationContext['certificates']>;
  /** Has them looked for anew when they are next asked for. */
  readonly forgetCertificates: () => void;
  readonly publicKeyLinks: () => Promise<RotationContext['publicKeyLinks']>;
  readonly issuersNamed: RotationContext['issuersNamed'];
  /** Uids that this run has retired along with another: a certificate may go with its pair before its own turn. */
  readonly retired: Set<string>;
}
