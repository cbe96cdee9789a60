// By which key the next chain of the log may be sealed, as its newest row tells: once rows are sealed by a key, only a row
// that this key seals brings in another, or none. check-log.ts holds the whole log to that.
import { KmsError } from '../../../errors.js';
import type { SealingKey } from './audit-keys.js';
import { chainDetails } from './chain-details.js';
import { hashRow, type LogRow, type SealedRow } from './sealed-row.js';

/** `bring-in`: rows have bare hashes so far, and a row of change must come first. */
export type KeyStep = 'go-on' | 'bring-in';

export interface NewestRows {
  /** The newest row of the log; null if it has none. */
  readonly newest: () => Promise<LogRow | null>;
  /** The newest that a key seals. Called only where bare hashes give way to a key. */
  readonly newestKeyed: () => Promise<LogRow | null>;
}

/** @throws KmsError AuditKey if another key is in force, or the newest row is not what this key sealed. */
export async function keyStep(rows: NewestRows, ours: SealingKey | null): Promise<KeyStep> {
  const newest = await rows.newest();
  if (newest === null) return 'go-on';
  const inForce = keyAfter(newest);
  if (inForce !== null) return goOn(newest, inForce, ours);
  if (ours === null) return 'go-on';
  // What was changed to bare hashes by a row that the key sealed may get a key again.
  const keyed = newest.keyId === null ? await rows.newestKeyed() : newest;
  if (keyed === null) return 'bring-in';
  const left = keyAfter(keyed);
  if (left !== null) return goOn(keyed, left, ours);
  if (keyed.keyId === ours.id) assertSealHolds(keyed, ours);
  return 'bring-in';
}

/** Returns the id of the key that seals the rows after this one; null for none. */
export function keyAfter(row: LogRow): string | null {
  const details = chainDetails(row);
  return details?.kind === 'key-changed' ? details.to : row.keyId;
}

function goOn(row: LogRow, inForce: string, ours: SealingKey | null): KeyStep {
  if (ours?.id !== inForce) throw otherKey(inForce, ours);
  // A row of change is sealed by the key before, which is not here.
  if (row.keyId === ours.id) assertSealHolds(row, ours);
  return 'go-on';
}

function assertSealHolds(row: LogRow, key: SealingKey): void {
  if (isInChain(row) && hashRow(row, key.bytes) === row.hash) return;
  throw new KmsError(
    'AuditKey',
    `the newest row of the rotation log, of ${row.at}, is not what the key ${key.id} sealed: it was altered`,
    { hint: 'find out what was done to the log: kms audit verify --key-file FILE' },
  );
}

function isInChain(row: LogRow): row is SealedRow {
  return row.chain !== null && row.seq !== null && row.hash !== null;
}

function otherKey(inForce: string, ours: SealingKey | null): KmsError {
  const instead = ours === null ? 'and audit.key_file is not set' : `not ${ours.id}`;
  return new KmsError('AuditKey', `the key ${inForce} seals the rotation log, ${instead}`, {
    hint: 'set audit.key_file to the file of that key; to change the key: kms audit change-key --old-key-file FILE',
  });
}
