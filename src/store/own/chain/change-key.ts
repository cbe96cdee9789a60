// Changes the key that seals the log for another, or for none, by a row that the old key seals. Where rows have bare hashes
// no such row is asked for: the first writer with a key brings it in (seal-rows.ts).
import { KmsError } from '../../../errors.js';
import type { Connection } from '../../connect/connection.js';
import { insertRows } from '../../write/write-rows.js';
import { LOG_TABLE } from '../our-tables.js';
import { logRow, type LogEntry } from '../rotation-log.js';
import { writeOwnTables } from '../write-own-tables.js';
import type { SealingKey } from './audit-keys.js';
import { keyAfter, keyStep } from './key-rule.js';
import { newestRows } from './newest-rows.js';
import { changeOfKey, sealedOpening } from './seal-rows.js';

/** Who changes the key, and when. */
export type LogWriter = Pick<LogEntry, 'runId' | 'at' | 'host' | 'osUser' | 'version'>;

/** The connection has the old key, and seals by the new one afterwards. @throws KmsError AuditKey */
export async function changeKey(
  connection: Connection,
  writer: LogWriter,
  to: SealingKey | null,
): Promise<void> {
  const { chains, dialect } = connection;
  const from = chains.keys().sealing;
  if (from === null) throw new TypeError('the old key is needed');
  const { row: first } = logRow({ ...writer, ...NOTHING });
  await writeOwnTables(connection, async (transaction) => {
    const rows = newestRows(transaction);
    const newest = await rows.newest();
    if (newest === null || keyAfter(newest) === null) throw notSealed(from);
    const step = await keyStep(rows, from);
    const lease = chains.leaseFor(transaction);
    const opening = await sealedOpening(connection, transaction, { lease, first, step });
    const change = changeOfKey(lease, first, { from, to });
    await insertRows(transaction, dialect, LOG_TABLE, [...opening, change]);
  });
  chains.useKey(to);
}

const NOTHING = {
  durationMs: 0,
  uid: '',
  replacementUid: null,
  flow: null,
  outcome: 'repaired',
  reason: null,
  message: null,
} as const;

function notSealed(key: SealingKey): KmsError {
  return new KmsError('AuditKey', `no key seals the rotation log, so not ${key.id}`, {
    hint: 'set audit.key_file: the next run brings the key in',
  });
}
