// What became of the notifications of a run; part of its report and of the documents of commands.
import type { ExitCode } from '../errors.js';

export interface DeliverySummary {
  /** Notifications, not messages: a digest contains many. */
  readonly accepted: number;
  /** Failed, and tried again later. */
  readonly failed: number;
  /** Refused for good, or tried for too long. */
  readonly givenUp: number;
  /** The destinations that took a message. */
  readonly reached: readonly string[];
  /** One for each destination that failed, in their order, after those that cannot be used. */
  readonly problems: readonly DeliveryProblem[];
}

export interface DeliveryProblem {
  /** Null if the outbox itself failed. */
  readonly destination: string | null;
  readonly message: string;
}

export const NO_DELIVERIES: DeliverySummary = {
  accepted: 0,
  failed: 0,
  givenUp: 0,
  reached: [],
  problems: [],
};

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
    reached: [...new Set(all.flatMap(({ reached }) => reached))],
    problems: all.flatMap(({ problems }) => problems),
  };
}
