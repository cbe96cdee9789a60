// Entries of the rotation log, written by hand. No assertions here.
import { formatInstant } from '../../src/kmip/date-time.js';
import { logRow, type LogEntry } from '../../src/store/own/rotation-log.js';

/** Returns the row of an entry that was written at a time. */
export function logged(
  at: number,
  entry: Pick<LogEntry, 'uid' | 'outcome'> & Partial<LogEntry>,
): ReturnType<typeof logRow> {
  const writer = { runId: 'run-0', host: 'host', osUser: 'root', version: '1.0.0', durationMs: 1 };
  const nothing = { replacementUid: null, flow: null, reason: null, message: null };
  return logRow({ ...writer, ...nothing, at: formatInstant(at), ...entry });
}
