// The table of `kms notify list`: each notification with its destination, and why it still waits.
import { formatDistance } from '../text/duration.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { Notification } from '../store/own/outbox-rows.js';
import { tableBlocks } from '../output/table.js';
import type { Column } from '../output/table-layout.js';
import type { Terminal } from '../output/terminal.js';

interface TableOptions {
  readonly now: EpochSeconds;
  /** The names of the configured destinations. */
  readonly known: ReadonlySet<string>;
}

export function* notificationTable(
  listed: readonly Notification[],
  options: TableOptions,
  terminal: Terminal,
): Generator<string> {
  if (listed.length > 0) yield* tableBlocks(columnsFor(options, terminal), listed, terminal);
  else if (terminal.isTerminal) yield 'No notification waits.';
}

function columnsFor(options: TableOptions, { paint }: Terminal): readonly Column<Notification>[] {
  return [
    { title: 'EVENT', value: ({ eventType }) => eventType.replace(/^kms\./, '') },
    { title: 'UID', value: ({ uid }) => uid, weight: 4 },
    { title: 'DESTINATION', value: ({ destination }) => destination },
    {
      title: 'STATE',
      value: ({ state }) => state,
      paint: (text, { state }) => (state === 'given-up' ? paint.red(text) : text),
    },
    { title: 'TRIED', value: ({ attempts }) => String(attempts), weight: 2 },
    { title: 'NEXT', value: (one) => nextOf(one, options.now), weight: 1 },
    { title: 'WHY', value: (one) => whyOf(one, options), weight: 3, least: 20 },
  ];
}

function nextOf({ state, nextAttemptAt }: Notification, now: EpochSeconds): string | null {
  if (state !== 'waiting') return null;
  return nextAttemptAt <= now ? 'next run' : formatDistance(nextAttemptAt, now);
}

function whyOf(one: Notification, { now, known }: TableOptions): string | null {
  if (one.state === 'sent') return null;
  if (!known.has(one.destination)) return 'its destination is not configured';
  if (one.lastError !== null) return one.lastError;
  if (one.isClaimed && one.nextAttemptAt > now) return 'a run is sending it';
  return one.attempts === 0 ? 'not tried yet' : 'a run ended while sending it';
}
