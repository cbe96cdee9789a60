// How far a run has come with one destination: the counts for its report, and whether to go on sending to it. Pure:
// each function returns the progress that follows.
import type { DeliverySummary } from '../../report/delivery-summary.js';
import type { Settlement } from '../../store/own/outbox.js';
import type { SendResult } from '../destination.js';

export interface DeliveryProgress {
  /** Counts of notifications. */
  readonly accepted: number;
  readonly failed: number;
  readonly givenUp: number;
  /** Counts messages. */
  readonly failuresInARow: number;
  /** The latest error. */
  readonly error: string | null;
  /** The latest pause that the receiver asked for. */
  readonly retryAfterSeconds: number | null;
  /** Whether nothing more is sent to the destination in this run. */
  readonly stopped: boolean;
  /** Whether its whole channel is skipped for the rest of the run. */
  readonly unavailable: boolean;
}

export const NO_PROGRESS: DeliveryProgress = {
  accepted: 0,
  failed: 0,
  givenUp: 0,
  failuresInARow: 0,
  error: null,
  retryAfterSeconds: null,
  stopped: false,
  unavailable: false,
};

/** After this many failed messages in a row the rest waits for the next run. */
const MOST_FAILURES = 3;

/**
 * Returns the progress after a message, given how its notifications are settled. Those to be recorded as sent are
 * counted by `afterSent`, once they are.
 */
export function afterResult(
  progress: DeliveryProgress,
  result: SendResult,
  settlements: readonly Settlement[],
): DeliveryProgress {
  if (result.kind === 'accepted') return { ...progress, failuresInARow: 0 };
  const count = (state: Settlement['state']) =>
    settlements.filter((settlement) => settlement.state === state).length;
  const [error] = settlements.flatMap((settlement) =>
    'error' in settlement ? settlement.error : [],
  );
  const counted = {
    ...progress,
    failed: progress.failed + count('waiting'),
    givenUp: progress.givenUp + count('given-up'),
    error: error ?? progress.error,
  };
  if (result.kind === 'refused') return counted;
  const failuresInARow = progress.failuresInARow + 1;
  return {
    ...counted,
    failuresInARow,
    retryAfterSeconds: result.retryAfterSeconds ?? progress.retryAfterSeconds,
    stopped: progress.stopped || result.unavailable || failuresInARow >= MOST_FAILURES,
    unavailable: progress.unavailable || result.unavailable,
  };
}

/** Returns the progress once the outbox has recorded this many notifications as sent. */
export function afterSent(progress: DeliveryProgress, count: number): DeliveryProgress {
  return { ...progress, accepted: progress.accepted + count };
}

/** Returns the progress after the outbox itself failed. */
export function afterOutboxFailure(progress: DeliveryProgress, error: string): DeliveryProgress {
  return { ...progress, error, stopped: true, unavailable: true };
}

export function deliveriesOf(destination: string, progress: DeliveryProgress): DeliverySummary {
  const { accepted, failed, givenUp, error } = progress;
  const problems = error === null ? [] : [{ destination, message: error }];
  const reached = accepted > 0 ? [destination] : [];
  return { accepted, failed, givenUp, reached, problems };
}
