// Fills the log of a SQLite store with sealed rows, as runs leave them: chains of one row for each key, each opening naming
// the head of the chain before.
import { createHash, randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import type { Lease } from '../../src/store/own/chain/chain-pool.js';
import { chainRow, sealNext, type Row } from '../../src/store/own/chain/seal-rows.js';
import { logRow } from '../../src/store/own/rotation-log.js';

const ROWS_OF_CHAIN = 5000;

/** Adds so many rows, as whole chains, to a store without any. */
export function fillLog(path: string, rows: number): void {
  const database = new Database(path);
  database.pragma('synchronous = OFF');
  const insert = insertion(database);
  let named = null as Head | null;
  for (let from = 0; from < rows; from += ROWS_OF_CHAIN) {
    const fillChain = database.transaction((chain: string) => {
      const lease: Lease = { chain: { id: chain, named: [] }, head: null, sessionsLost: 0 };
      const seal = (row: Row, details: unknown) => {
        insert.run(sealNext(lease, row, null, JSON.stringify(details)));
      };
      const opening = rotated(from);
      const heads = named === null ? [] : [named];
      seal(chainRow(opening, 'chain-opened'), { heads, store: null });
      for (let next = from; next < Math.min(rows, from + ROWS_OF_CHAIN) - 2; next += 1)
        seal(rotated(next), detailsOf(next));
      const { seq, hash } = lease.head ?? { seq: 0, hash: '' };
      const end = { count: seq + 1, head: hash, signingKey: null };
      seal(chainRow(opening, 'chain-closed'), end);
      named = { chain, hash: lease.head?.hash ?? '', seq: lease.head?.seq ?? 0 };
    });
    fillChain(randomUUID());
  }
  // Later openings have named all but the last.
  database
    .prepare('INSERT INTO kms_rotation_chains (chain, opened_at) VALUES (?, 0)')
    .run(named?.chain);
  database.close();
}

interface Head {
  readonly chain: string;
  readonly hash: string;
  readonly seq: number;
}

function insertion(database: Database.Database) {
  const lease: Lease = { chain: { id: '', named: [] }, head: null, sessionsLost: 0 };
  const columns = Object.keys(sealNext(lease, rotated(0), null));
  return database.prepare(
    `INSERT INTO kms_rotation_log (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
  );
}

const RUN_ID = randomUUID();

function rotated(index: number): Row {
  return logRow({
    ...{ runId: RUN_ID, at: '2026-01-01T00:00:00Z', durationMs: 250 },
    ...{ host: 'bench', osUser: 'bench', version: '0.1.0' },
    ...{ uid: `key-${index}`, replacementUid: replacementOf(index), flow: 'plain' },
    ...{ outcome: 'rotated', reason: null, message: null },
  }).row;
}

/** As long as what a rotation of a plain key leaves. */
function detailsOf(index: number) {
  const digest = createHash('sha256').update(String(index)).digest('hex');
  const changed = ['Last Change Date', 'Link', 'Rotate Generation', 'Rotate Latest', 'State'];
  return {
    objects: [
      { after: digest, before: null, changed: [], uid: replacementOf(index) },
      { after: digest, before: digest, changed, uid: `key-${index}` },
    ],
  };
}

function replacementOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}
