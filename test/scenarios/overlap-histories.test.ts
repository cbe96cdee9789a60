// Random histories of keys that retire: rotations with and without an overlap, ends that move, time, a server that
// deactivates keys and writes back what it has in its cache, and kills. KMS_TEST_SEED and KMS_TEST_SEEDS choose which.
import assert from 'node:assert/strict';
import type { RetiringObject } from '../../src/rotation/retiring-object.js';
import { rotateDue, rotateOne } from '../../src/run.js';
import { extendOverlap } from '../../src/run/overlaps/extend-overlap.js';
import { connect } from '../../src/store/connect/connect.js';
import { createStore } from '../../src/store/create-store.js';
import type { Store } from '../../src/store/store.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';
import { tries } from '../support/effort.js';
import { aKeyPair } from '../support/pairs.js';
import { ALL, contextOf } from '../support/run.js';
import { sql } from '../support/sql.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowsOf,
  type StoredRow,
} from '../support/store.js';
import { NO_SERVER_KEK } from '../support/wrapping/forest-store.js';
import { grow } from '../support/wrapping/forest.js';
import { aPlant } from '../support/wrapping/plant.js';
import { materialsIn, unwrapStore } from '../support/wrapping/unwrap-store.js';

const FIRST = Number(process.env['KMS_TEST_SEED'] ?? 1);
const SEEDS = Number(process.env['KMS_TEST_SEEDS'] ?? tries(3, 3, 400));
const STEPS = 16;

/** Keys that may wrap, the first of which do, one that cannot, and a pair; all armed. */
const KEYSETS = ['cipher', 'plain'];

describeEachDatabase('a random history of retiring keys', (database) => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    it(`loses nothing and cuts nobody off early, number ${seed}`, async function () {
      this.timeout(120_000);
      const history = await begin(database, seed);
      for (let step = 0; step < STEPS; step += 1) {
        const what = await act(history);
        const faults = await faultsOf(history);
        assert.deepEqual(faults, [], `step ${step}: ${what}`);
      }
      await run(history);
      assert.deepEqual(await faultsOf(history), []);
      const { underRetired } = await unwrapStore(history.url);
      assert.deepEqual(underRetired, []);
    });
  }
});

interface History {
  readonly url: string;
  readonly random: () => number;
  now: number;
  /** Whether a run has come to its end since the time moved. */
  hasRun: boolean;
  /** By uid of what was ever announced to retire: when. */
  readonly announced: Map<string, number>;
  /** The rows of each object at the time when it was not replaced. */
  readonly cached: Map<string, StoredRow>;
  readonly materials: Map<string, string>;
}

async function begin(database: TestDatabase, seed: number): Promise<History> {
  const url = await newStorePath(database);
  const { rows } = grow([
    aPlant({ policy: 'due' }),
    aPlant({ kind: 'aes128', policy: 'due', under: 1 }),
    aPlant({ kind: 'hmac', under: 1 }),
    aPlant({ kind: 'secret', under: 2, ttlvEncoded: true }),
  ]);
  const { privateKey, publicKey } = await aKeyPair();
  await insertRows(url, [...rows, privateKey.row, publicKey.row], []);
  await insertRows(url, [
    aSymmetricKey({ uid: 'cipher', keyset: true }, { CryptographicUsageMask: 12 }),
    aSymmetricKey({ uid: 'plain', keyset: true }),
  ]);
  const history = {
    url,
    random: randomFrom(seed),
    now: JANUARY + 41 * DAY,
    hasRun: false,
    announced: new Map(),
    cached: new Map(),
    materials: new Map(),
  };
  await look(history);
  return history;
}

/** Does something at random, and says what. */
async function act(history: History): Promise<string> {
  const { random } = history;
  const kill = random() < 0.35 ? Math.floor(random() * 60) : null;
  const killed = kill === null ? '' : `, killed at statement ${kill}`;
  const choice = random();
  if (choice < 0.25) {
    await run(history, kill);
    return `run${killed}`;
  }
  if (choice < 0.45) {
    const uid = pick(history, await headsOf(history));
    const seconds = pick(history, [0, DAY, 7 * DAY]);
    await withKill(history, kill, (store) =>
      rotateOne(context(history, store, seconds), uid, { disarm: false }),
    );
    return `rotate ${uid} with ${seconds} s${killed}`;
  }
  if (choice < 0.6) {
    const retiring = await retiringIn(history.url);
    const one = pick(history, [...retiring.keys(), '']);
    const seconds = pick(history, [0, 3600, 3 * DAY, 14 * DAY]);
    history.hasRun = false;
    await withKill(history, kill, (store) =>
      extendOverlap(context(history, store, 0), one, seconds),
    );
    return `extend ${one} by ${seconds} s${killed}`;
  }
  if (choice < 0.75) {
    history.now += pick(history, [3600, DAY, 5 * DAY, 31 * DAY]);
    history.hasRun = false;
    return 'time';
  }
  if (choice < 0.85) return `a server deactivates ${(await serverReads(history)).join()}`;
  return `a server writes back ${await writeBack(history)}`;
}

async function run(history: History, kill: number | null = null): Promise<void> {
  const seconds = pick(history, [0, 0, 2 * DAY]);
  const report = await withKill(history, kill, (store) =>
    rotateDue(context(history, store, seconds), ALL),
  );
  if (report === null || kill !== null) return;
  const failed = [...report.results, ...report.rewrappedDependants, ...report.retired].filter(
    ({ error }) => error !== null,
  );
  assert.deepEqual(
    [report.error, failed.map(({ uid, error }) => [uid, error?.message])],
    [null, []],
  );
  history.hasRun = true;
}

const context = (history: History, store: Store, seconds: number) =>
  contextOf(
    store,
    history.now,
    { ...NO_SERVER_KEK, overlap: { asked: null, byDefault: seconds } },
    history.url,
  );

/** Returns null if the work was killed, or refused. */
async function withKill<T>(
  { url }: History,
  kill: number | null,
  work: (store: Store) => Promise<T>,
): Promise<T | null> {
  const connection = await connect(url, { mode: 'write', busyTimeoutMs: 2000 });
  const { knex } = connection;
  let left = kill ?? Infinity;
  knex.on('query', () => {
    left -= 1;
    if (left < 0) throw new Error('killed');
  });
  try {
    const identity = { redactedUrl: url, storeId: null } as unknown as Store['identity'];
    return await work(createStore({ ...connection, hasRetiring: true }, identity));
  } catch (error) {
    const isExpected = error instanceof Error && (left < 0 || 'reason' in error);
    if (isExpected) return null;
    throw error;
  } finally {
    await knex.destroy();
  }
}

async function retiringIn(url: string): Promise<ReadonlyMap<string, RetiringObject>> {
  const connection = await connect(url, { mode: 'read', busyTimeoutMs: 2000 });
  try {
    const identity = {} as Store['identity'];
    return await createStore({ ...connection, hasRetiring: true }, identity).retiringObjects();
  } finally {
    await connection.knex.destroy();
  }
}

/** A server that reads an object whose Deactivation Date has passed writes its state (storage format §1.7). */
async function serverReads(history: History): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const { id, state, attributes } of await rowsOf(history.url)) {
    const { DeactivationDate: date } = JSON.parse(attributes) as { DeactivationDate?: number[] };
    if (state !== 'Active' || date === undefined || instantOf(date) > history.now) continue;
    await sql(history.url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, id);
    ended.push(id);
  }
  return ended;
}

/** Everything but state and owner, as it was before the object was replaced, or re-wrapped (storage format §1.8). */
async function writeBack({ url, cached, random }: History): Promise<string> {
  const all = [...cached.values()];
  const row = all[Math.floor(random() * all.length)]!;
  await sql(
    url,
    'UPDATE objects SET object = ?, attributes = ?, wrapping_key_id = ? WHERE id = ?',
    ...[row.object, row.attributes, row.wrapping_key_id, row.id],
  );
  return row.id;
}

/** Remembers what a server may have in its cache, every material, and what was announced. */
async function look(history: History): Promise<void> {
  const retiring = await retiringIn(history.url);
  for (const row of await rowsOf(history.url)) {
    const isReplaced = row.state !== 'Active' || retiring.has(row.id);
    if (!isReplaced && !history.cached.has(row.id)) history.cached.set(row.id, row);
  }
  for (const [uid, material] of materialsIn(await unwrapStore(history.url))) {
    if (!history.materials.has(uid)) history.materials.set(uid, material);
  }
  for (const [uid, { endsAt }] of retiring) history.announced.set(uid, endsAt);
}

async function faultsOf(history: History): Promise<readonly string[]> {
  await look(history);
  const { url, now, announced, materials, hasRun } = history;
  const retiring = await retiringIn(url);
  const rows = new Map((await rowsOf(url)).map((row) => [row.id, row]));
  const found = materialsIn(await unwrapStore(url));
  const log = await sql<{ uid: string; times: number | string }>(
    url,
    `SELECT uid, COUNT(*) AS times FROM kms_rotation_log WHERE outcome = 'rotated' GROUP BY uid`,
  );
  const isActive = (uid: string) => rows.get(uid)?.state === 'Active';
  return [
    ...[...materials]
      .filter(([uid, material]) => found.get(uid) !== material)
      .map(([uid]) => `${uid} cannot be opened any more`),
    ...log.filter(({ times }) => Number(times) > 1).map(({ uid }) => `${uid} was rotated twice`),
    ...KEYSETS.flatMap((keyset) => {
      const heads = [...rows.keys()].filter(
        (uid) => uid.split('@')[0] === keyset && isActive(uid) && !retiring.has(uid),
      );
      return heads.length === 1 ? [] : [`${keyset} has the heads ${heads.join()}`];
    }),
    ...[...announced].flatMap(([uid, end]) => {
      if (end > now && !isActive(uid)) return [`${uid} was cut off before its end`];
      return end <= now && hasRun && isActive(uid) ? [`${uid} is Active after its end`] : [];
    }),
  ];
}

/** The uids of what somebody may rotate by name. */
async function headsOf({ url }: History): Promise<readonly string[]> {
  const retiring = await retiringIn(url);
  return (await rowsOf(url))
    .filter(({ id, state, object }) => {
      const isKey = object.startsWith('{"SymmetricKey"') || object.startsWith('{"PrivateKey"');
      return isKey && state === 'Active' && !retiring.has(id);
    })
    .map(({ id }) => id);
}

function pick<T>({ random }: History, of: readonly T[]): T {
  return of[Math.floor(random() * of.length)]!;
}

function instantOf([year, day, hour, minute, second]: readonly number[]): number {
  return Date.UTC(year!, 0, day, hour, minute, second) / 1000;
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed * 0x9e37_79b9;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
