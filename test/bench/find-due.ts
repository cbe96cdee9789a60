// Finding what is due among very many armed keys: a run's own search, against the server's way, which is to
// fetch every armed Active row, decode it and compare in the client. Both decide by the same code.
import Database from 'better-sqlite3';
import mysql from 'mysql2';
import pg from 'pg';
import { evaluateSchedule, type EvaluationOptions } from '../../src/rotation/eligibility.js';
import type { FoundRow } from '../../src/store/find/found-pages.js';
import type { Store } from '../../src/store/store.js';
import { collect } from '../../src/survey/survey.js';
import type { TestDatabase } from '../support/databases.js';
import { kindOf } from '../support/sql.js';
import { aSymmetricKey, DAY, JANUARY, newStorePath, withStore } from '../support/store.js';
import { fill, TEMPLATE_UID } from './fill.js';
import { median } from './median.js';
import { plannedKeys } from '../../src/survey/planned-keys.js';

const DUE = 1000;
const NOW = JANUARY + 40 * DAY;
const TERMS: EvaluationOptions = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' };

export interface FindDueTimes {
  /** Armed rows in the store. */
  readonly rows: number;
  /** Milliseconds, the median of the rounds. */
  readonly kms: number;
  readonly serversWay: number;
}

/** Measures one store at several sizes, growing. */
export async function measureFindDue(
  database: TestDatabase,
  sizes: readonly number[],
  rounds: number,
): Promise<readonly FindDueTimes[]> {
  const url = await newStorePath(database);
  await fill(url, aKey(JANUARY), { from: 0, to: DUE, prefix: 'due-' });
  const times: FindDueTimes[] = [];
  let filled = DUE;
  for (const rows of sizes) {
    // Years ahead: none of these is due.
    const later = JANUARY + 400 * DAY;
    const range = { from: filled, to: rows, prefix: 'armed-' };
    await fill(url, aKey(later), range, { initialDate: later });
    filled = rows;
    times.push({ rows, ...(await measure(url, rounds)) });
  }
  return times;
}

function aKey(initialDate: number) {
  return aSymmetricKey({ uid: TEMPLATE_UID, initialDate, tags: ['env:bench'] });
}

async function measure(url: string, rounds: number) {
  const times = { kms: [] as number[], serversWay: [] as number[] };
  await withStore(
    url,
    async (store) => {
      for (let round = 0; round <= rounds; round += 1) {
        // Ours is so short that one time tells little.
        const kms = await timed(() => oursOnce(store));
        const serversWay = await timed(() => serversWayOnce(url));
        // The first round warms up.
        if (round === 0) continue;
        times.kms.push(kms, await timed(() => oursOnce(store)));
        times.serversWay.push(serversWay);
      }
    },
    'read',
  );
  return { kms: median(times.kms), serversWay: median(times.serversWay) };
}

async function timed(find: () => Promise<number>): Promise<number> {
  const began = performance.now();
  const found = await find();
  const ms = performance.now() - began;
  if (found !== DUE) throw new Error(`${found} keys found due instead of ${DUE}`);
  return ms;
}

async function oursOnce(store: Store): Promise<number> {
  return (await collect(plannedKeys(store, TERMS, { tags: [] }))).length;
}

async function serversWayOnce(url: string): Promise<number> {
  let due = 0;
  const armed = { sqlite: armedOfSqlite, postgresql: armedOfPostgresql, mysql: armedOfMysql };
  for await (const row of armed[kindOf(url)](url)) {
    if (evaluateSchedule(row, TERMS).eligibility === 'due') due += 1;
  }
  return due;
}

const ARMED = {
  sqlite: `SELECT id, attributes, wrapping_key_id AS "wrappingKeyId" FROM objects WHERE state = 'Active'
    AND json_extract(attributes, '$.RotateInterval') > 0`,
  postgresql: `SELECT id, CAST(attributes AS text) AS attributes, wrapping_key_id AS "wrappingKeyId" FROM objects
    WHERE state = 'Active' AND CAST(attributes ->> 'RotateInterval' AS bigint) > 0`,
  mysql: `SELECT id, CAST(attributes AS CHAR) AS attributes, wrapping_key_id AS wrappingKeyId FROM objects
    WHERE state = 'Active' AND json_extract(attributes, '$.RotateInterval') > 0`,
};

// Rows come as fast as the driver has them, without ever being all in memory.

function* armedOfSqlite(path: string): Generator<FoundRow> {
  const database = new Database(path, { readonly: true });
  try {
    yield* database.prepare<[], FoundRow>(ARMED.sqlite).iterate();
  } finally {
    database.close();
  }
}

async function* armedOfPostgresql(url: string): AsyncGenerator<FoundRow> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`BEGIN; DECLARE armed NO SCROLL CURSOR FOR ${ARMED.postgresql}`);
    for (;;) {
      const { rows } = await client.query<FoundRow>('FETCH 10000 FROM armed');
      if (rows.length === 0) return;
      yield* rows;
    }
  } finally {
    await client.end();
  }
}

async function* armedOfMysql(url: string): AsyncGenerator<FoundRow> {
  const connection = mysql.createConnection({ uri: url });
  try {
    const stream: AsyncIterable<FoundRow> = connection.query(ARMED.mysql).stream();
    yield* stream;
  } finally {
    connection.destroy();
  }
}
