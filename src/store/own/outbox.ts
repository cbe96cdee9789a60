// The queries of the outbox (table kms_rotation_outbox). A notification is claimed by compare-and-set before it is
// sent, and settled afterwards. So no two runs send it at once, and after a crash in between it is sent again. notify/
// decides where it goes, and how.
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { OUTBOX_TABLE } from './our-tables.js';
import {
  notificationOf,
  OUTBOX_COLUMNS,
  type Notification,
  type NotificationState,
  type OutboxRow,
} from './outbox-rows.js';
import { inChunks } from '../find/rows.js';

/** The longest pause between two attempts. */
export const MAX_PAUSE_SECONDS = 86_400;

/** What became of claimed notifications. */
export type Settlement =
  | { readonly state: 'sent'; readonly at: EpochSeconds }
  | { readonly state: 'given-up'; readonly at: EpochSeconds; readonly error: string }
  | { readonly state: 'waiting'; readonly nextAttemptAt: EpochSeconds; readonly error: string }
  /** Not tried: the attempt does not count. */
  | { readonly state: 'released'; readonly at: EpochSeconds };

/**
 * Stores what became of these notifications, unless another run has claimed them since. Those of a message that may
 * have arrived stay claimed until they are sent, so that they are sent again as that message alone.
 */
export async function settle(
  { knex }: Connection,
  token: string,
  ids: readonly number[],
  settlement: Settlement,
  mayHaveArrived = false,
): Promise<void> {
  const isOver = settlement.state === 'sent' || settlement.state === 'given-up';
  const claim = isOver || !mayHaveArrived ? { claimed_by: null } : {};
  await inChunks(ids, async (chunk) => {
    await knex(OUTBOX_TABLE)
      .whereIn('id', chunk)
      .where('claimed_by', token)
      .update({ ...claim, ...changesOf(knex, settlement) });
    return [];
  });
}

function changesOf(knex: Knex, settlement: Settlement): Record<string, unknown> {
  switch (settlement.state) {
    case 'sent':
      return { state: 'sent', settled_at: settlement.at, last_error: null };
    case 'given-up':
      return { state: 'given-up', settled_at: settlement.at, last_error: settlement.error };
    case 'waiting':
      return { next_attempt_at: settlement.nextAttemptAt, last_error: settlement.error };
    case 'released':
      return { next_attempt_at: settlement.at, attempts: knex.raw('attempts - 1') };
  }
}

/** Postpones what waits for a destination that asked not to be called before a time. */
export async function postpone(
  { knex }: Connection,
  destination: string,
  until: EpochSeconds,
): Promise<void> {
  await knex(OUTBOX_TABLE)
    .where({ state: 'waiting', destination })
    .whereNull('claimed_by')
    .where('next_attempt_at', '<', until)
    .update({ next_attempt_at: until });
}

/** Gives up what has waited since before a time for destinations that are not among these; returns how many. */
export async function giveUpOthers(
  { knex }: Connection,
  destinations: readonly string[],
  { before, now, error }: { before: EpochSeconds; now: EpochSeconds; error: string },
): Promise<number> {
  return knex(OUTBOX_TABLE)
    .where('state', 'waiting')
    .whereNotIn('destination', destinations)
    .where('created_at', '<', before)
    .where('next_attempt_at', '<=', now)
    .update({ state: 'given-up', settled_at: now, last_error: error, claimed_by: null });
}

/** Makes due now what waits or was given up, unless a run is sending it; returns how many. */
export async function retryNow(
  { knex }: Connection,
  { destination, now }: { destination: string | null; now: EpochSeconds },
): Promise<number> {
  const query = knex(OUTBOX_TABLE)
    .whereIn('state', ['waiting', 'given-up'])
    .where((free) => {
      // What is being sent has no error yet.
      void free
        .whereNull('claimed_by')
        .orWhereNotNull('last_error')
        .orWhere('next_attempt_at', '<=', now);
    });
  if (destination !== null) void query.where({ destination });
  return query.update({ state: 'waiting', next_attempt_at: now, settled_at: null });
}

const PAGE_ROWS = 1000;

/** Yields notifications in these states, the oldest first, in pages. */
export async function* listOutbox(
  { knex }: Connection,
  states: readonly NotificationState[],
): AsyncGenerator<readonly Notification[]> {
  let after = 0;
  for (;;) {
    const rows = await knex(OUTBOX_TABLE)
      .whereIn('state', states)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE_ROWS)
      .select<OutboxRow[]>(OUTBOX_COLUMNS);
    const page = rows.map(notificationOf);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = last.id;
  }
}
