// RSA pairs through a whole run of ours, against generation alone on all cores: what reading, judging, encoding and
// writing pairs costs beside making them, and whether every core is kept busy.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { startPairPool } from '../../src/run/pair-pool.js';
import type { PairKind } from '../../src/crypto/keys/pair-kind.js';
import { rotateDue } from '../../src/run.js';
import type { TestDatabase } from '../support/databases.js';
import { aKeyPair } from '../support/pairs.js';
import { ALL, contextOf } from '../support/run.js';
import { DAY, insertRows, JANUARY, newStorePath, withStore } from '../support/store.js';
import { median } from './median.js';

const NOW = JANUARY + 40 * DAY;
const MODULUS_BITS = 2048;
const KIND: PairKind = {
  kind: 'rsa',
  modulusBits: MODULUS_BITS,
  publicExponent: 65_537,
  cryptographicAlgorithm: 'RSA',
};

/** The built worker: threads run no TypeScript. */
const PAIR_WORKER = new URL('../../dist/pair-worker.cjs', import.meta.url);

export interface PairRates {
  /** Pairs a second, the median of all rounds. */
  readonly raw: number;
  readonly kms: number;
}

/** Measures in rounds, each contestant once a round and first as often as the other. */
export async function measureRsaPairs(
  database: TestDatabase,
  pairs: number,
  rounds: number,
): Promise<PairRates> {
  const rates: { raw: number[]; kms: number[] } = { raw: [], kms: [] };
  const { privateKey, publicKey } = await aKeyPair({}, KIND);
  const rows = Array.from({ length: pairs }, (_, index) =>
    // One key will do: it is the new ones that are measured.
    [privateKey.row, publicKey.row].map((row) => ({
      ...row,
      id: row.id.replace('pair', `pair-${index}`),
      object: row.object.replaceAll('"pair', `"pair-${index}`),
      attributes: row.attributes.replaceAll('"pair', `"pair-${index}`),
    })),
  ).flat();
  for (let round = 0; round < rounds; round += 1) {
    const url = await newStorePath(database);
    await insertRows(url, rows, []);
    const contestants = [
      async () => rates.raw.push(pairs / (await rawSeconds(pairs))),
      async () => rates.kms.push(pairs / (await runSeconds(url, pairs))),
    ];
    if (round % 2 === 1) contestants.reverse();
    for (const contestant of contestants) await contestant();
    await database.dropAll();
  }
  return { raw: median(rates.raw), kms: median(rates.kms) };
}

async function runSeconds(url: string, pairs: number): Promise<number> {
  const pool = startPairPool(PAIR_WORKER, availableParallelism());
  try {
    return await withStore(url, async (store) => {
      const began = performance.now();
      const context = contextOf(store, NOW, { newPair: pool.newPair });
      const { results } = await rotateDue(context, ALL);
      const seconds = (performance.now() - began) / 1000;
      const rotated = results.filter(({ outcome }) => outcome === 'rotated').length;
      if (rotated !== pairs) throw new Error(`${rotated} of ${pairs} pairs were rotated`);
      return seconds;
    });
  } finally {
    await pool.close();
  }
}

/** As many threads as there are cores, each taking the next pair as soon as it has made one. */
const RAW = `
  const { generateKeyPairSync } = require('node:crypto');
  const { workerData: { left, modulusLength } } = require('node:worker_threads');
  while (Atomics.sub(left, 0, 1) > 0) {
    generateKeyPairSync('rsa', {
      modulusLength,
      privateKeyEncoding: { format: 'der', type: 'pkcs1' },
      publicKeyEncoding: { format: 'der', type: 'pkcs1' },
    });
  }
`;

async function rawSeconds(pairs: number): Promise<number> {
  const left = new Int32Array(new SharedArrayBuffer(4)).fill(pairs);
  const began = performance.now();
  await Promise.all(
    Array.from({ length: availableParallelism() }, () => {
      const workerData = { left, modulusLength: MODULUS_BITS };
      const thread = new Worker(RAW, { eval: true, workerData });
      return new Promise<void>((resolve, reject) => {
        thread.once('error', reject);
        thread.once('exit', () => {
          resolve();
        });
      });
    }),
  );
  return (performance.now() - began) / 1000;
}
