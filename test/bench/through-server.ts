// Keys that are rotated by asking a server, through a whole run of ours, against the same requests alone over as many
// connections: what the protocol costs on top of the server.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { rotateDue } from '../../src/run.js';
import { kmsServer } from '../../src/run/server/kms-server.js';
import { serverConnection } from '../../src/run/server/server-connection.js';
import { goldenCopy } from '../support/golden.js';
import { integer, structure, textString, type Element } from '../support/kms-server/ttlv.js';
import { ALL, contextOf } from '../support/run.js';
import { sql, withBare } from '../support/sql.js';
import { adopt, rowOf, withStore, type StoredRow } from '../support/store.js';
import { withProcess } from './helper-process.js';
import { median } from './median.js';

/** 2026-02-20T08:00:00Z, when they are due. */
const NOW = 1_771_574_400;
const INTERVAL_SECONDS = 2_592_000;
const AT_ONCE = 4;

const SERVER = fileURLToPath(new URL('server-process.ts', import.meta.url));

export interface ServerRates {
  /** Keys a second, the median of all rounds. */
  readonly bare: number;
  readonly kms: number;
}

/** Measures in rounds, each contestant once a round and first as often as the other. */
export async function measureThroughServer(keys: number, rounds: number): Promise<ServerRates> {
  const rates: Record<keyof ServerRates, number[]> = { bare: [], kms: [] };
  const contestants = [
    ['bare', bareSeconds],
    ['kms', runSeconds],
  ] as const;
  for (let round = 0; round <= rounds; round += 1) {
    for (let place = 0; place < contestants.length; place += 1) {
      const [name, seconds] = contestants[(round + place) % contestants.length]!;
      const { store, uids } = await storeOf(keys);
      const taken = await withProcess(SERVER, [store], (url) => seconds(url, store, uids));
      await assertAllArmed(store, keys);
      // The first round warms up.
      if (round > 0) rates[name].push(keys / taken);
    }
  }
  return { bare: median(rates.bare), kms: median(rates.kms) };
}

/** A store whose due keys are all under the HSM. */
async function storeOf(keys: number): Promise<{ store: string; uids: readonly string[] }> {
  const store = await adopt(goldenCopy('hsm.sqlite'));
  const row = await rowOf(store, 'plain');
  const uids = Array.from({ length: keys }, () => randomUUID());
  await withBare(store, async (bare) => {
    await bare.query('BEGIN');
    for (const table of ['objects', 'tags', 'read_access'])
      await bare.query(`DELETE FROM ${table}`);
    for (const uid of uids) {
      await bare.query('INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)', valuesOf(row, uid));
      await bare.query('INSERT INTO tags VALUES (?, ?), (?, ?)', [uid, '_kk', uid, 'env:bench']);
    }
    await bare.query('COMMIT');
  });
  return { store, uids };
}

function valuesOf(row: StoredRow, uid: string): readonly unknown[] {
  const attributes = row.attributes.replace('"plain"', JSON.stringify(uid));
  return [uid, row.object, attributes, row.state, row.owner, row.wrapping_key_id];
}

/** Re-keys and arms each key, and nothing else. */
async function bareSeconds(url: string, _: string, uids: readonly string[]): Promise<number> {
  const dispatcher = new Agent({ connections: AT_ONCE });
  const ask = async (message: Element): Promise<string> => {
    const { body } = await request(`${url}/kmip/2_1`, {
      method: 'POST',
      body: JSON.stringify(message),
      dispatcher,
    });
    const { value } = (await body.json()) as { value: readonly Element[] };
    return String(value[0]?.value);
  };
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    for (let uid = uids[next++]; uid !== undefined; uid = uids[next++]) {
      const made = await ask(structure('ReKey', textString('UniqueIdentifier', uid)));
      const armed = structure('NewAttribute', integer('RotateInterval', INTERVAL_SECONDS));
      await ask(structure('SetAttribute', textString('UniqueIdentifier', made), armed));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - began) / 1000;
  await dispatcher.close();
  return seconds;
}

async function runSeconds(url: string, path: string, uids: readonly string[]): Promise<number> {
  const timeoutSeconds = 10;
  const settings = { isInsecure: false, token: null, client: null, caFile: null, timeoutSeconds };
  const connection = serverConnection({ url: new URL(url), ...settings }, AT_ONCE);
  const server = kmsServer(connection, { name: 'bench', timeoutSeconds, concurrency: AT_ONCE });
  return withStore(path, async (store) => {
    const began = performance.now();
    const context = contextOf(store, NOW, { kmsServer: server, hsm: 'ask' });
    const { results } = await rotateDue(context, { ...ALL, batchSize: 64 });
    const seconds = (performance.now() - began) / 1000;
    await server.close();
    const rotated = results.filter(({ outcome }) => outcome === 'rotated').length;
    if (rotated !== uids.length) throw new Error(`${rotated} of ${uids.length} were rotated`);
    return seconds;
  });
}

async function assertAllArmed(store: string, keys: number): Promise<void> {
  const [row] = await sql<{ count: number }>(
    store,
    `SELECT count(*) AS count FROM objects WHERE state = 'Active'
      AND json_extract(attributes, '$.RotateInterval') = ${INTERVAL_SECONDS}`,
  );
  if (row?.count !== keys) throw new Error(`not ${keys} keys were rotated and armed`);
}
