// Plain Re-Key through a whole run of ours, against the statements of such a rotation alone by the bare
// driver: what reading, deciding, making the key and encoding it cost on top of the database.
import { randomUUID } from 'node:crypto';
import type { Rotation } from '../../src/flows/change.js';
import { prepareRotation } from '../../src/flows/prepare-rotation.js';
import { formatInstant } from '../../src/kmip/date-time.js';
import { rotateDue } from '../../src/run.js';
import { logRow } from '../../src/store/own/rotation-log.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import type { TestDatabase } from '../support/databases.js';
import { ALL, contextOf } from '../support/run.js';
import { kindOf, sql } from '../support/sql.js';
import { insertRows, newStorePath, withStore } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { aRotationContext } from '../support/candidates.js';
import { bareSeconds } from './bare-writer.js';
import { median } from './median.js';

/** When every key of the bench is due. */
const NOW = JANUARY + 40 * DAY;
const IDENTITY = { host: 'bench', osUser: 'bench', version: '0.0.0' };
const RUN_ID = randomUUID();
/** As many as a run has on a server unless it is told otherwise. */
const SESSIONS = 4;

export interface ReKeyRates {
  /** Keys a second, the median of all rounds. */
  readonly bare: number;
  readonly oneByOne: number;
  readonly batches: number;
}

/** Measures in rounds, each contestant once a round and first as often as the others. */
export async function measureReKey(
  database: TestDatabase,
  keys: number,
  rounds: number,
): Promise<ReKeyRates> {
  const contestants: readonly [keyof ReKeyRates, (url: string) => Promise<number>][] = [
    ['bare', async (url) => bareSeconds(url, await withStore(url, prepareAll, 'read'), rowOf)],
    ['oneByOne', (url) => runSeconds(url, keys, 1)],
    ['batches', (url) => runSeconds(url, keys, 64, kindOf(url) === 'sqlite' ? 1 : SESSIONS)],
  ];
  const rates: Record<keyof ReKeyRates, number[]> = { bare: [], oneByOne: [], batches: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (let place = 0; place < contestants.length; place += 1) {
      const [name, run] = contestants[(round + place) % contestants.length]!;
      const url = await storeOf(database, keys);
      const seconds = await run(url);
      await assertAllRotated(url, keys);
      // The first round warms up.
      if (round > 0) rates[name].push(keys / seconds);
    }
    await database.dropAll();
  }
  return {
    bare: median(rates.bare),
    oneByOne: median(rates.oneByOne),
    batches: median(rates.batches),
  };
}

/** Returns the URL of a store in which every key is due. */
async function storeOf(database: TestDatabase, keys: number): Promise<string> {
  const url = await newStorePath(database);
  const rows = Array.from({ length: keys }, (_, index) =>
    aSymmetricKey({ uid: `key-${index}`, tags: ['env:bench'] }),
  );
  await insertRows(url, rows, ['_kk', 'env:bench']);
  return url;
}

async function runSeconds(
  url: string,
  keys: number,
  batchSize: number,
  concurrency = 1,
): Promise<number> {
  const store = await openStore(url, {
    mode: 'write',
    busyTimeoutMs: 5000,
    connections: concurrency,
  });
  try {
    const began = performance.now();
    const options = { ...ALL, batchSize, concurrency };
    const { results } = await rotateDue(contextOf(store, NOW), options);
    const seconds = (performance.now() - began) / 1000;
    const rotated = results.filter(({ outcome }) => outcome === 'rotated').length;
    if (rotated !== keys) throw new Error(`${rotated} of ${keys} keys were reported as rotated`);
    return seconds;
  } finally {
    await store.close();
  }
}

/** Makes what the bare driver is to write, in advance. */
async function prepareAll(store: Store): Promise<readonly Rotation[]> {
  const contextAt = aRotationContext(NOW);
  const rotations: Rotation[] = [];
  for await (const page of store.findAll({ owner: undefined, tags: [] })) {
    for (const candidate of await store.load(page.map(({ id }) => id))) {
      rotations.push(await prepareRotation(candidate, contextAt));
    }
  }
  return rotations;
}

function rowOf({ uid, replacementUid, flow }: Rotation) {
  const entry = { uid, replacementUid, flow, outcome: 'rotated', reason: null, message: null };
  const at = { at: formatInstant(NOW), durationMs: 0, runId: RUN_ID };
  return logRow({ ...IDENTITY, ...at, ...entry, outcome: 'rotated' }).row;
}

async function assertAllRotated(url: string, keys: number): Promise<void> {
  const query = "SELECT count(*) AS count FROM objects WHERE state = 'Deactivated'";
  const [row] = await sql<{ count: number | string }>(url, query);
  if (Number(row?.count) !== keys) throw new Error(`not ${keys} keys were rotated`);
}
