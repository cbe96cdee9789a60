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
}

export interface Claim {
  readonly destination: string;
  readonly now: EpochSeconds;
  /** The run that claims: it may claim its own rows before others may. */
  readonly runId: string;
  /** Random, for this claim alone. */
  readonly token: string;
  /** Whether the notifications of one run are sent as one message, or each by itself. */
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
  const found: WaitingRow[] = await next.select<WaitingRow[]>('id', 'run_id', 'message_id');
  const [first] = found;
  if (first === undefined) return [];
  const wanted = available(knex, claim);
  if (claim.together) {
    void wanted.where('run_id', first.run_id);
    void (first.message_id === null
      ? wanted.whereNull('message_id')
      : wanted.where('message_id', first.message_id));
  } else {
    void wanted.whereIn(
      'id',
      found.map(({ id }) => id),
    );
  }
  // The UPDATE checks the condition again, so that of two runs the second one claims nothing.
  await wanted.update({
    claimed_by: claim.token,
    next_attempt_at: claim.now + LEASE_SECONDS,
    attempts: knex.raw('attempts + 1'),
    ...(claim.together ? { message_id: first.message_id ?? claim.newId } : {}),
  });
  const rows = await knex(OUTBOX_TABLE)
    .where('claimed_by', claim.token)
    .orderBy('id')
    .select<OutboxRow[]>(OUTBOX_COLUMNS);
  const [one] = rows;
  if (one === undefined) return [];
  if (!claim.together) {
    return rows.map((row) => ({ id: row.event_id, notifications: [notificationOf(row)] }));
  }
  return [{ id: one.message_id ?? claim.newId, notifications: rows.map(notificationOf) }];
}

interface WaitingRow {
  readonly id: number | string;
  readonly run_id: string;
  readonly message_id: string | null;
}

function available(knex: Knex, { destination, now, runId }: Claim): Knex.QueryBuilder {
  return knex(OUTBOX_TABLE)
    .where({ state: 'waiting', destination })
    .where((due) => {
      void due
        .where('next_attempt_at', '<=', now)
        .orWhere('next_attempt_at', '>', now + HORIZON_SECONDS)
        .orWhere((own) => {
          void own.where({ run_id: runId, attempts: 0 }).whereNull('claimed_by');
        });
    });
}
