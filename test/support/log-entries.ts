// Entries of the rotation log, written by hand. No assertions here.
import { formatInstant } from '../../src/kmip/date-time.js';
import { logRow, type LogEntry } from '../../src/store/own/rotation-log.js';

export const WRITER = { runId: 'run-0', host: 'host', osUser: 'root', version: '1.0.0' };

/** Returns the row of an entry that was written at a time. */
export function logged(
  at: number,
  entry: Pick<LogEntry, 'uid' | 'outcome'> & Partial<LogEntry>,
): ReturnType<typeof logRow> {
  const nothing = { durationMs: 1, replacementUid: null, flow: null, reason: null, message: null };
  return logRow({ ...WRITER, ...nothing, at: formatInstant(at), ...entry });
}

/** Returns the row about an object that was made in January 2026. */
export function created(uid: string): ReturnType<typeof logRow> {
  return logged(Date.UTC(2026) / 1000, { uid, outcome: 'created' });
}
