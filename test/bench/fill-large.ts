// Makes a store as large as asked for, with rows as a server writes them: in no order of uids, one in ten without a policy,
// one in ten no longer Active, each with its tag. Our tables and indexes are not in it yet, so that kms init can be measured.
import { closeSync, openSync } from 'node:fs';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { withConnection } from '../../src/store/connect/connect.js';
import { createServerTables } from '../../src/store/prepare/create-server-tables.js';
import { kindOf, withBare, type Bare } from '../support/sql.js';
import { aSymmetricKey, DAY } from '../support/symmetric-keys.js';
import { TEMPLATE_UID } from './fill.js';

export interface LargeStore {
  readonly objects: number;
  /** How many of them are due. */
  readonly due: number;
}

/** Rows of one statement, which is one transaction. */
const ROWS_A_STATEMENT = 50_000;

/** The columns that the server has an index of; while many rows are put in, those would only cost time. */
const INDEXED = ['owner', 'state', 'wrapping_key_id'];

/** Fills an empty database. `tell` hears of each tenth. */
export async function fillLarge(
  url: string,
  { objects, due }: LargeStore,
  tell: (done: number) => void = () => undefined,
): Promise<void> {
  if (kindOf(url) === 'sqlite') closeSync(openSync(url, 'a'));
  await withConnection(url, { mode: 'write', busyTimeoutMs: 2000 }, createServerTables);
  await withBare(url, async (bare) => {
    await relax(url, bare);
    for (const column of INDEXED) await bare.query(`DROP INDEX idx_objects_${column}`);
    for (let from = 0; from < objects; from += ROWS_A_STATEMENT) {
      const to = Math.min(objects, from + ROWS_A_STATEMENT);
      // As many of each kind in every statement, so that they lie between each other in the file too.
      const dueHere = [Math.ceil((from * due) / objects), Math.ceil((to * due) / objects)];
      const others = to - from - ((dueHere[1] ?? 0) - (dueHere[0] ?? 0));
      let next = from;
      for (const [template, rows] of [
        [DUE, to - from - others],
        [UNARMED, Math.floor(others / 10)],
        [RETIRED, Math.floor(others / 10)],
        [ARMED, others - 2 * Math.floor(others / 10)],
      ] as const) {
        if (rows > 0) await insertCopies(url, bare, template, next, rows);
        next += rows;
      }
      tell(to);
    }
    await bare.query(`INSERT INTO tags (id, tag) SELECT id, '_kk' FROM objects`);
    await bare.query(
      `INSERT INTO tags (id, tag) SELECT id, 'env:bench' FROM objects WHERE owner = ${ownerOf('0')}`,
    );
    for (const column of INDEXED) {
      await bare.query(`CREATE INDEX idx_objects_${column} ON objects (${column})`);
    }
    // What a server of some age knows by itself.
    if (kindOf(url) === 'postgresql') await bare.query('VACUUM ANALYZE');
  });
}

/** Without this the disk is waited for, and pages of the primary key are written again and again. */
async function relax(url: string, bare: Bare): Promise<void> {
  if (kindOf(url) !== 'sqlite') {
    await bare.query('SET synchronous_commit = off');
    return;
  }
  for (const pragma of ['journal_mode = OFF', 'synchronous = OFF', 'cache_size = -1500000']) {
    await bare.query(`PRAGMA ${pragma}`);
  }
}

const YEAR = new Date().getUTCFullYear();
const newYear = (year: number) => Date.UTC(year, 0, 1, 8) / 1000;

/** Due since some day of this year, or of the last. */
const DUE = aKey({ initialDate: newYear(YEAR - 1), intervalSeconds: 30 * DAY });
/** Due two years after some day of this year. */
const ARMED = aKey({ initialDate: newYear(YEAR), intervalSeconds: 730 * DAY });
const UNARMED = aKey({ initialDate: newYear(YEAR), intervalSeconds: null });
const RETIRED: ObjectRow = { ...UNARMED, state: 'Deactivated' };

function aKey(dates: { initialDate: number; intervalSeconds: number | null }): ObjectRow {
  return aSymmetricKey({ uid: TEMPLATE_UID, ...dates });
}

/** Inserts copies of a template, numbered from `from` on. */
async function insertCopies(
  url: string,
  bare: Bare,
  { object, attributes, state }: ObjectRow,
  from: number,
  rows: number,
): Promise<void> {
  const isSqlite = kindOf(url) === 'sqlite';
  const numbers = isSqlite
    ? `WITH RECURSIVE numbers (i) AS
        (SELECT ${from} UNION ALL SELECT i + 1 FROM numbers WHERE i < ${from + rows - 1})`
    : `WITH numbers (i) AS (SELECT generate_series(${from}, ${from + rows - 1})::bigint)`;
  const json = isSqlite ? '' : '::jsonb';
  const statement = `INSERT INTO objects (id, object, attributes, state, owner)
    ${numbers}, named AS ${isSqlite ? '' : 'MATERIALIZED'} (SELECT i, ${uidOf(isSqlite)} AS uid FROM numbers)
    SELECT uid, ${copyOf(object)}, (${copyOf(attributes)})${json}, '${state}', ${ownerOf('i % 100')} FROM named`;
  await bare.query(statement);
}

/** SQL of a UUID that begins with a number which goes through its range in no order, so that none comes twice. */
function uidOf(isSqlite: boolean): string {
  const shuffled = '((i * 1103515245) & 2147483647)';
  return isSqlite
    ? `printf('%08x-0000-4000-8000-%012x', ${shuffled}, i)`
    : `lpad(to_hex(${shuffled}), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(i), 12, '0')`;
}

/** SQL of a template's text with the row's own uid, and another day of the year in its dates. */
function copyOf(text: string): string {
  const parts = text.split(new RegExp(`(\\[\\d{4},1,|${TEMPLATE_UID})`));
  const pieces = parts.map((part) => {
    if (part === TEMPLATE_UID) return 'uid';
    const date = /^\[(\d{4}),1,$/.exec(part);
    return date === null
      ? `'${part.replaceAll("'", "''")}'`
      : `concat('[${date[1] ?? ''},', 1 + i % 300, ',')`;
  });
  return `concat(${pieces.join(', ')})`;
}

/** SQL of an owner's name by its number. */
function ownerOf(number: string): string {
  return `concat('owner-', ${number}, '@example.org')`;
}
