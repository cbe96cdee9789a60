// Plain Re-Key through a whole run of ours, against the statements of such a rotation alone by the bare
// driver: what reading, deciding, making the key and encoding it cost on top of the database.
import { randomUUID } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Change, Rotation } from '../../src/flows/change.js';
import { prepareRotation } from '../../src/flows/flow.js';
import { formatInstant } from '../../src/kmip/date-time.js';
import type { RunContext } from '../../src/run-context.js';
import { rotateDue } from '../../src/run.js';
import { logRow } from '../../src/store/log.js';
import type { Store } from '../../src/store/open.js';
import { insertRows, newStorePath } from '../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY, withStore } from '../support/store.js';
import { anOccasion } from '../support/subject.js';
import { temporaryFolder } from '../support/temporary.js';
import { median } from './median.js';

/** When every key of the bench is due. */
const NOW = JANUARY + 40 * DAY;
const IDENTITY = { host: 'bench', osUser: 'bench', version: '0.0.0' };
const RUN_ID = randomUUID();

export interface ReKeyRates {
  /** Keys a second, the median of all rounds. */
  readonly bare: number;
  readonly oneByOne: number;
  readonly batches: number;
}

/** Measures in rounds, each contestant once a round and first as often as the others. */
export async function measureReKey(keys: number, rounds: number): Promise<ReKeyRates> {
  const template = await storeOf(keys);
  const rotations = await withStore(template, prepareAll, 'read');
  const contestants: readonly [name: keyof ReKeyRates, run: (path: string) => Promise<number>][] = [
    ['bare', (path) => Promise.resolve(bareSeconds(path, rotations))],
    ['oneByOne', (path) => runSeconds(path, keys, 1)],
    ['batches', (path) => runSeconds(path, keys, 64)],
  ];
  const rates: Record<keyof ReKeyRates, number[]> = { bare: [], oneByOne: [], batches: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (let place = 0; place < contestants.length; place += 1) {
      const [name, run] = contestants[(round + place) % contestants.length]!;
      const seconds = await run(copyOf(template));
      // The first round warms up.
      if (round > 0) rates[name].push(keys / seconds);
    }
  }
  return {
    bare: median(rates.bare),
    oneByOne: median(rates.oneByOne),
    batches: median(rates.batches),
  };
}

/** Returns the path of a store in which every key is due. */
async function storeOf(keys: number): Promise<string> {
  const path = await newStorePath();
  const rows = Array.from({ length: keys }, (_, index) =>
    aSymmetricKey({ uid: `key-${index}`, tags: ['env:bench'] }),
  );
  insertRows(path, rows, ['_kk', 'env:bench']);
  return path;
}

/** No write-ahead log stands beside a store that is closed, so its file is all of it. */
function copyOf(template: string): string {
  const copy = join(temporaryFolder(), 'kms.db');
  copyFileSync(template, copy);
  return copy;
}

async function runSeconds(path: string, keys: number, batchSize: number): Promise<number> {
  return withStore(path, async (store) => {
    const began = performance.now();
    const report = await rotateDue(contextOf(store), {
      filters: { owner: undefined, tags: [] },
      maxKeys: null,
      maxDurationSeconds: null,
      mend: true,
      batchSize,
      concurrency: 1,
    });
    const seconds = (performance.now() - began) / 1000;
    assertAllRotated(report.results.filter(({ outcome }) => outcome === 'rotated').length, keys);
    return seconds;
  });
}

function contextOf(store: Store): RunContext {
  return {
    store,
    now: () => NOW,
    monotonicMs: () => performance.now(),
    newUid: randomUUID,
    runId: RUN_ID,
    identity: IDENTITY,
    firstDeadline: 'offset',
    dryRun: false,
    stopRequested: () => Promise.resolve(false),
    onProgress: () => undefined,
    onDependants: () => undefined,
    serverKek: { uid: 'none', mayBeRotated: false },
  };
}

/** Makes what the bare driver is to write, in advance. */
async function prepareAll(store: Store): Promise<readonly Rotation[]> {
  const occasion = anOccasion(NOW);
  const rotations: Rotation[] = [];
  for await (const page of store.findAll({ owner: undefined, tags: [] })) {
    for (const subject of await store.load(page.map(({ id }) => id))) {
      rotations.push(await prepareRotation(subject, occasion));
    }
  }
  return rotations;
}

function bareSeconds(path: string, rotations: readonly Rotation[]): number {
  const database = new Database(path);
  database.pragma('busy_timeout = 2000');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  const write = bareWriter(database);
  const began = performance.now();
  for (const rotation of rotations) write(rotation);
  const seconds = (performance.now() - began) / 1000;
  const { count } = database
    .prepare("SELECT count(*) AS count FROM objects WHERE state = 'Deactivated'")
    .get() as { count: number };
  database.close();
  assertAllRotated(count, rotations.length);
  return seconds;
}

/** Returns a function that writes one rotation in a transaction, by statements prepared once. */
function bareWriter(database: Database.Database): (rotation: Rotation) => void {
  const insert = database.prepare(
    'INSERT INTO objects (id, object, attributes, state, owner, wrapping_key_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const copyTags = database.prepare(
    'INSERT INTO tags (id, tag) SELECT ?, tag FROM tags WHERE id = ?',
  );
  const copyGrants = database.prepare(
    `INSERT INTO read_access (id, userid, permissions)
      SELECT ?, userid, permissions FROM read_access WHERE id = ?`,
  );
  const update = database.prepare(
    `UPDATE objects SET object = ?, attributes = ?, state = ?, wrapping_key_id = ?
      WHERE id = ? AND state = ? AND owner = ?
      AND CAST(attributes AS TEXT) = ? AND CAST(object AS TEXT) = ?`,
  );
  const log = database.prepare(
    `INSERT INTO kms_rotation_log (run_id, at, duration_ms, host, os_user, version, uid,
      replacement_uid, flow, outcome, reason, message)
      VALUES (@run_id, @at, @duration_ms, @host, @os_user, @version, @uid,
      @replacement_uid, @flow, @outcome, @reason, @message)`,
  );
  const write = (change: Change) => {
    if (change.kind === 'create') {
      const { row, successorOf } = change;
      insert.run(row.id, row.object, row.attributes, row.state, row.owner, row.wrappingKeyId);
      copyTags.run(row.id, successorOf);
      copyGrants.run(row.id, successorOf);
      return;
    }
    const { before, after } = change;
    update.run(
      ...[after.object, after.attributes, after.state, after.wrappingKeyId],
      ...[before.id, before.state, before.owner, before.attributes, before.object],
    );
  };
  const transaction = database.transaction((rotation: Rotation) => {
    for (const change of rotation.changes) write(change);
    log.run(logged(rotation));
  });
  return (rotation) => {
    transaction.immediate(rotation);
  };
}

function logged({ uid, replacementUid, flow }: Rotation) {
  return logRow({
    ...IDENTITY,
    runId: RUN_ID,
    at: formatInstant(NOW),
    durationMs: 0,
    uid,
    replacementUid,
    flow,
    outcome: 'rotated',
    reason: null,
    message: null,
  }).row;
}

function assertAllRotated(rotated: number, keys: number): void {
  if (rotated !== keys) throw new Error(`${rotated} of ${keys} keys were rotated`);
}
