// The outbox as the rest of the program sees it: a record of functions, each in a short transaction of its own, which
// is retried after passing failures. outbox.ts has the queries.
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import type { Notification, NotificationState } from './outbox-rows.js';
import { giveUpOthers, listOutbox, postpone, retryNow, settle, type Settlement } from './outbox.js';
import { translatePageErrors } from '../connect/errors/translate-errors.js';
import { writeOwnTables } from './write-own-tables.js';
import { claimMessages, type Claim, type ClaimedMessage } from './claim-messages.js';

export interface Outbox {
  claim(claim: Claim): Promise<readonly ClaimedMessage[]>;
  settle(
    token: string,
    ids: readonly number[],
    settlement: Settlement,
    mayHaveArrived?: boolean,
  ): Promise<void>;
  postpone(destination: string, until: EpochSeconds): Promise<void>;
  /** Gives up old notifications for destinations that are not among these; returns how many. */
  giveUpOthers(
    destinations: readonly string[],
    how: { readonly before: EpochSeconds; readonly now: EpochSeconds; readonly error: string },
  ): Promise<number>;
  /** Makes notifications due now, given-up ones too; returns how many. */
  retryNow(what: {
    readonly destination: string | null;
    readonly now: EpochSeconds;
  }): Promise<number>;
  list(states: readonly NotificationState[]): AsyncGenerator<readonly Notification[]>;
}

export function openOutbox(connection: Connection): Outbox {
  const written = <T>(work: (inside: Connection) => Promise<T>) =>
    writeOwnTables(connection, (transaction) => work({ ...connection, knex: transaction }));
  return {
    claim: (claim) => written((inside) => claimMessages(inside, claim)),
    settle: (token, ids, settlement, mayHaveArrived) =>
      written((inside) => settle(inside, token, ids, settlement, mayHaveArrived)),
    postpone: (destination, until) => written((inside) => postpone(inside, destination, until)),
    giveUpOthers: (destinations, how) =>
      written((inside) => giveUpOthers(inside, destinations, how)),
    retryNow: (what) => written((inside) => retryNow(inside, what)),
    list: (states) => translatePageErrors(connection.redactedUrl, listOutbox(connection, states)),
  };
}
