// Removes what nobody needs any more from the outbox, the conditions and the list of chains, a bounded bit at the end of
// each run. The log is left alone: that is for `kms prune` (prune-history.ts).
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { forgetInterrupted } from './chain/list-chain.js';
import { CONDITIONS_TABLE, OUTBOX_TABLE } from './our-tables.js';
import { HOLDING_TYPE, type NotificationState } from './outbox-rows.js';

const DAY_SECONDS = 86_400;
const DELIVERED_SECONDS = 30 * DAY_SECONDS;
/** `kms warnings` shows what became of the messages about a deadline until that has passed. */
export const WARNING_SECONDS = 90 * DAY_SECONDS;
const RESOLVED_SECONDS = 90 * DAY_SECONDS;

/** How many of the oldest notifications are looked at. */
const WINDOW_ROWS = 500;

/** Removes delivered notifications and conditions that have long been over. Within a transaction. */
export async function prune(transaction: Knex.Transaction, now: EpochSeconds): Promise<void> {
  const oldest = await transaction(OUTBOX_TABLE)
    .orderBy('id')
    .limit(WINDOW_ROWS)
    .select<OldRow[]>('id', 'state', 'event_type', 'settled_at');
  const holding = await transaction(OUTBOX_TABLE)
    .where('event_type', HOLDING_TYPE)
    .whereNot('state', 'waiting')
    .limit(WINDOW_ROWS)
    .select<Pick<OldRow, 'id'>[]>('id');
  const ids = [...oldest.filter((row) => isOver(row, now)), ...holding].map(({ id }) => id);
  // The state is checked again: kms notify retry may have brought one back.
  if (ids.length > 0) {
    await transaction(OUTBOX_TABLE).whereIn('id', ids).whereNot('state', 'waiting').delete();
  }
  await transaction(CONDITIONS_TABLE)
    .where('resolved_at', '<', now - RESOLVED_SECONDS)
    .delete();
  await forgetInterrupted(transaction, now);
}

interface OldRow {
  readonly id: number | string;
  readonly state: NotificationState;
  readonly event_type: string;
  readonly settled_at: number | string | null;
}

function isOver({ state, event_type, settled_at }: OldRow, now: EpochSeconds): boolean {
  if (state === 'waiting' || settled_at === null) return false;
  const kept = event_type === 'kms.warning' ? WARNING_SECONDS : DELIVERED_SECONDS;
  return Number(settled_at) < now - kept;
}
