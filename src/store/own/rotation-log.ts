// An entry of the rotation log (table kms_rotation_log), and the row that it is written as: what a run did to which
// object, when, and by whom. read-log.ts reads it.
import { LOG_TABLE, type OwnRow } from './our-tables.js';

/**
 * `mended`: it was a stale dependant and was re-wrapped. `policy`: its policy was changed, as the message says.
 * `retired`: its overlap is over, in favour of the latest generation. `extended`: its end was moved, as the message says.
 * `completed`: doctor finished its rotation. `rolled-back`: doctor took this replacement of it back.
 * `repaired`: doctor put something else right, as the message says.
 * `created`: kms made it, and it replaces nothing.
 * `failed`: it began to fail, or the reason changed. `recovered`: it no longer fails, as the message says.
 */
export const LOG_OUTCOMES = [
  'rotated',
  'failed',
  'recovered',
  'mended',
  'retired',
  'extended',
  'policy',
  'completed',
  'rolled-back',
  'repaired',
  'created',
] as const;

/**
 * Of rows about the log and the store, which kms history does not show. `chain-sealed`: the rows before it in its chain are
 * from before the log had chains. `initialised`: kms init made or changed what is ours. `pruned`: rows are gone.
 */
export type StoreOutcome =
  'chain-opened' | 'chain-closed' | 'chain-sealed' | 'initialised' | 'key-changed' | 'pruned';

/** A store has either once kms init is done: from then on a row without a hash is an alteration. */
export const SEALED_MARKS: readonly string[] = ['chain-sealed', 'initialised'];

export interface LogEntry {
  readonly runId: string;
  /** ISO 8601, UTC, to the second. */
  readonly at: string;
  readonly durationMs: number;
  readonly host: string;
  readonly osUser: string;
  readonly version: string;
  readonly uid: string;
  readonly replacementUid: string | null;
  readonly flow: string | null;
  readonly outcome: (typeof LOG_OUTCOMES)[number];
  readonly reason: string | null;
  readonly message: string | null;
}

/** Returns the row, with texts as every database gives them back: as wide as their columns, and well-formed. */
export function logRow(
  entry: Omit<LogEntry, 'outcome'> & { readonly outcome: LogEntry['outcome'] | StoreOutcome },
): OwnRow {
  return {
    table: LOG_TABLE,
    // Spread last, which takes a tenth of the time.
    row: {
      duration_ms: entry.durationMs,
      uid: entry.uid,
      replacement_uid: entry.replacementUid,
      flow: entry.flow,
      outcome: entry.outcome,
      reason: entry.reason,
      message: entry.message === null ? null : wellFormed(entry.message),
      ...writerColumns(entry),
    },
  };
}

/** Returns the columns that say who wrote a row, and when. */
export function writerColumns(
  entry: Pick<LogEntry, 'runId' | 'at' | 'host' | 'osUser' | 'version'>,
): OwnRow['row'] {
  return {
    run_id: entry.runId,
    at: entry.at,
    host: cut(entry.host, WIDTHS.host),
    os_user: cut(entry.osUser, WIDTHS.osUser),
    version: cut(entry.version, WIDTHS.version),
  };
}

const WIDTHS = { host: 255, osUser: 255, version: 32 } as const;

/** Counts code points, as databases do, so that no surrogate pair is cut in two. */
function cut(text: string, width: number): string {
  const whole = wellFormed(text);
  return whole.length <= width ? whole : Array.from(whole).slice(0, width).join('');
}

/** Half a surrogate pair has no UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
