// What became of notifications that were sent in a run; in its report, and in the documents of commands.
import type { ExitCode } from '../errors.js';

export interface DeliverySummary {
  /** Notifications, not messages: a digest brings many. */
  readonly accepted: number;
  /** Tried in vain, and tried again later. */
  readonly failed: number;
  /** Refused for good, or tried for too long. */
  readonly givenUp: number;
  /** One for each destination that something went wrong with, in their order. */
  readonly problems: readonly DeliveryProblem[];
}

interface DeliveryProblem {
  /** Null where it lies in the outbox itself. */
  readonly destination: string | null;
  readonly message: string;
}

export const NO_DELIVERIES: DeliverySummary = { accepted: 0, failed: 0, givenUp: 0, problems: [] };

export function exitCodeOfDeliveries({ failed, givenUp, problems }: DeliverySummary): ExitCode {
  return failed + givenUp + problems.length > 0 ? 6 : 0;
}

export function totalDeliveries(all: readonly DeliverySummary[]): DeliverySummary {
  const total = (count: (one: DeliverySummary) => number) =>
    all.reduce((sum, one) => sum + count(one), 0);
  return {
    accepted: total(({ accepted }) => accepted),
    failed: total(({ failed }) => failed),
    givenUp: total(({ givenUp }) => givenUp),
    problems: all.flatMap(({ problems }) => problems),
  };
}
