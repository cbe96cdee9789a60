// Writes to rows as a running server does: the whole object and its attributes, read a moment ago under
// the row's lock, with one attribute set in both copies (storage format §1.8).
import { setImmediate as letOthersIn } from 'node:timers/promises';
import { kindOf, withBare, type Bare } from './sql.js';
import type { StoredRow } from './store.js';
import { linksOf, storedObject, type StoredObject } from './store-contents.js';

export interface Written {
  /** Each object that was written to, as it was written last before it was replaced. */
  readonly last: ReadonlyMap<string, StoredObject>;
  readonly writes: number;
}

interface Copies {
  Comment?: string;
  UsageLimits: { UsageLimitsTotal: number };
}

/** Writes to one object after the other until `ended`; the first one gets every second write. */
export async function writeUntil(
  url: string,
  uids: readonly string[],
  ended: () => boolean,
): Promise<Written> {
  const last = new Map<string, StoredObject>();
  let writes = 0;
  await withBare(url, async (bare) => {
    while (!ended()) {
      const uid = uids[writes % 2 === 0 ? 0 : ((writes * 7919) >> 1) % uids.length] ?? '';
      writes += 1;
      const row = await writeTrying(bare, kindOf(url), uid, `write ${writes}`);
      if (row !== null) last.set(uid, storedObject(row));
      await letOthersIn();
    }
  });
  return { last, writes };
}

/** A server tries again when it is the victim of a deadlock, six times in all (storage format §1.5). */
async function writeTrying(...write: Parameters<typeof writeOnce>): Promise<StoredRow | null> {
  const [bare] = write;
  for (let tries = 1; ; tries += 1) {
    try {
      return await writeOnce(...write);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if (tries === 6 || !VICTIM.includes(code)) throw error;
      await bare.query('ROLLBACK');
    }
  }
}

const VICTIM: readonly unknown[] = ['ER_LOCK_DEADLOCK', '40P01', '40001'];

/** Returns the row as it is written, or null if it is replaced and so left alone. */
async function writeOnce(
  bare: Bare,
  kind: ReturnType<typeof kindOf>,
  uid: string,
  comment: string,
): Promise<StoredRow | null> {
  const sqlite = kind === 'sqlite';
  await bare.query(sqlite ? 'BEGIN IMMEDIATE' : 'BEGIN');
  const lock = sqlite ? '' : 'FOR UPDATE';
  const [row] = (await bare.query(`SELECT * FROM objects WHERE id = ? ${lock}`, [
    uid,
  ])) as StoredRow[];
  if (row === undefined) throw new Error(`${uid} is not there`);
  const written = linksOf(storedObject(row).column, 'ReplacementObjectLink').length === 0;
  const changed = written ? withAttributesSet(row, comment) : row;
  if (written) {
    await bare.query('UPDATE objects SET object = ?, attributes = ? WHERE id = ?', [
      changed.object,
      changed.attributes,
      uid,
    ]);
  }
  await bare.query('COMMIT');
  return written ? changed : null;
}

/** As SetAttribute and the countdown of usage limits do. */
function withAttributesSet(row: StoredRow, comment: string): StoredRow {
  const column = JSON.parse(row.attributes) as Copies;
  const object = JSON.parse(row.object) as {
    SymmetricKey: { KeyBlock: { KeyValue: { Attributes: Copies } } };
  };
  for (const copy of [column, object.SymmetricKey.KeyBlock.KeyValue.Attributes]) {
    copy.Comment = comment;
    // A server counts the total down, and leaves the count.
    copy.UsageLimits.UsageLimitsTotal -= 1;
  }
  return { ...row, object: JSON.stringify(object), attributes: JSON.stringify(column) };
}
