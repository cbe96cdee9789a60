// Claims notifications of the outbox by compare-and-set before they are sent, so that no two runs send one at once.
// outbox.ts settles them.
import { MAX_PAUSE_SECONDS } from './outbox.js';
import {
  LEASE_SECONDS,
  OUTBOX_COLUMNS,
  notificationOf,
  type Notification,
  type OutboxRow,
} from './outbox-rows.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { OUTBOX_TABLE } from './our-tables.js';
import type { Knex } from 'knex';

/** A time further ahead than this was written by a clock that has been set back since. */
const HORIZON_SECONDS = MAX_PAUSE_SECONDS + 3600;

/** Notifications that are sent as one message. */
export interface ClaimedMessage {
  /** The idempotency key: the same each time that they are sent. */
  readonly id: string;
  readonly notifications: readonly Notification[];
  /** Whether it may have arrived before, as whoever sent it was killed: then it is never part of another message. */
  readonly mayHaveArrived: boolean;
}

export interface Claim {
  readonly destination: string;
  readonly now: EpochSeconds;
  /** The run that claims: it may claim its own rows before others may. */
  readonly runId: string;
  /** Random, for this claim alone. */
  readonly token: string;
  /** Whether the notifications are sent as one message, or each by itself. */
  readonly together: boolean;
  /** How many messages at most. */
  readonly limit: number;
  /** A random id for a message that has none. */
  readonly newId: string;
}

/** Claims what is due for a destination, the least often tried first; returns [] if nothing is due. */
export async function claimMessages(
  connection: Connection,
  claim: Claim,
): Promise<readonly ClaimedMessage[]> {
  const { knex } = connection;
  const next = available(knex, claim).orderBy(['attempts', 'id']).limit(claim.limit);
  const found: WaitingRow[] = await next.select<WaitingRow[]>('id');
  if (found.length === 0) return [];
  if (claim.together) return claimDigest(connection, claim);
  const ids = found.map(({ id }) => id);
  const rows = await claimRows(knex, claim, available(knex, claim).whereIn('id', ids), {});
  return rows.map((row) => ({
    id: row.event_id,
    notifications: [notificationOf(row)],
    mayHaveArrived: false,
  }));
}

/**
 * Claims what one message says. That is all that waits for the destination, whichever run wrote it, so that a receiver
 * which was down gets one message. One whose sender was killed is sent again as it was, since it may have arrived.
 */
async function claimDigest({ knex }: Connection, claim: Claim): Promise<readonly ClaimedMessage[]> {
  const interrupted = await available(knex, claim)
    .whereNotNull('claimed_by')
    .orderBy(['attempts', 'id'])
    .first<Pick<OutboxRow, 'message_id'> | undefined>('message_id');
  const wanted =
    interrupted === undefined
      ? unclaimed(knex, claim)
      : available(knex, claim).where('message_id', interrupted.message_id);
  const known = await wanted.clone().distinct<Pick<OutboxRow, 'message_id'>[]>('message_id');
  const [first] = known;
  // The same events are the same message: a receiver that has it may drop it. With more events it must not.
  const id = (known.length === 1 ? first?.message_id : null) ?? claim.newId;
  const rows = await claimRows(knex, claim, wanted, { message_id: id });
  if (rows.length === 0) return [];
  const mayHaveArrived = interrupted !== undefined;
  return [{ id, notifications: rows.map(notificationOf), mayHaveArrived }];
}

/** The UPDATE checks the conditions again, so that of two runs the second one claims nothing. */
async function claimRows(
  knex: Knex,
  { token, now }: Claim,
  wanted: Knex.QueryBuilder,
  more: Partial<OutboxRow>,
): Promise<readonly OutboxRow[]> {
  await wanted.update({
    claimed_by: token,
    next_attempt_at: now + LEASE_SECONDS,
    attempts: knex.raw('attempts + 1'),
    last_error: null,
    ...more,
  });
  return knex(OUTBOX_TABLE)
    .where('claimed_by', token)
    .orderBy('id')
    .select<OutboxRow[]>(OUTBOX_COLUMNS);
}

interface WaitingRow {
  readonly id: number | string;
}

/** What nobody is sending: that which has failed, whenever it is due again, and what is due. */
function unclaimed(knex: Knex, claim: Claim): Knex.QueryBuilder {
  return knex(OUTBOX_TABLE)
    .where({ state: 'waiting', destination: claim.destination })
    .whereNull('claimed_by')
    .where((free) => void free.where('attempts', '>', 0).orWhere(isDue(claim)));
}

function available(knex: Knex, claim: Claim): Knex.QueryBuilder {
  return knex(OUTBOX_TABLE)
    .where({ state: 'waiting', destination: claim.destination })
    .where(isDue(claim));
}

function isDue({ now, runId }: Claim): Knex.QueryCallback {
  return (due) => {
    void due
      .where('next_attempt_at', '<=', now)
      .orWhere('next_attempt_at', '>', now + HORIZON_SECONDS)
      .orWhere((own) => {
        void own.where({ run_id: runId, attempts: 0 }).whereNull('claimed_by');
      });
  };
}
