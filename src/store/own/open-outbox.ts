// The outbox as the rest of the program sees it: a record of functions, each in a short transaction of its own
// that is tried again where it may be. What they do, outbox.ts says.
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import type { Notification, NotificationState } from './outbox-rows.js';
import {
  claimMessages,
  giveUpOthers,
  listOutbox,
  postpone,
  retryNow,
  settle,
  type Claim,
  type ClaimedMessage,
  type Settlement,
} from './outbox.js';
import { translateErrors, translatePageErrors } from '../connect/translate-errors.js';
import { retryTransient } from '../connect/retry.js';

export interface Outbox {
  claim(claim: Claim): Promise<readonly ClaimedMessage[]>;
  settle(token: string, ids: readonly number[], settlement: Settlement): Promise<void>;
  postpone(destination: string, until: EpochSeconds): Promise<void>;
  /** Returns how many rows for other destinations than these were given up. */
  giveUpOthers(
    destinations: readonly string[],
    how: { readonly before: EpochSeconds; readonly now: EpochSeconds; readonly error: string },
  ): Promise<number>;
  /** Returns how many rows are to be sent now. */
  retryNow(what: {
    readonly destination: string | null;
    readonly now: EpochSeconds;
  }): Promise<number>;
  list(states: readonly NotificationState[]): AsyncGenerator<readonly Notification[]>;
}

export function openOutbox(connection: Connection): Outbox {
  const { knex, dialect, redactedUrl } = connection;
  const written = <T>(work: (inside: Connection) => Promise<T>) =>
    translateErrors(redactedUrl, () =>
      retryTransient(() =>
        knex.transaction(async (transaction: Knex.Transaction) => {
          await dialect.lockForWriting(transaction);
          return work({ ...connection, knex: transaction });
        }, dialect.transaction),
      ),
    );
  return {
    claim: (claim) => written((inside) => claimMessages(inside, claim)),
    settle: (token, ids, settlement) => written((inside) => settle(inside, token, ids, settlement)),
    postpone: (destination, until) => written((inside) => postpone(inside, destination, until)),
    giveUpOthers: (destinations, how) =>
      written((inside) => giveUpOthers(inside, destinations, how)),
    retryNow: (what) => written((inside) => retryNow(inside, what)),
    list: (states) => translatePageErrors(redactedUrl, listOutbox(connection, states)),
  };
}
