// A wrapping key with very many dependants: its rotation by a run of ours, against the same unwrapping, wrapping
// and UPDATE by the bare driver, which puts them under another key too. Both do it in one transaction.
import Database from 'better-sqlite3';
import { unwrapBytes, wrapBytes } from '../../src/crypto/wrapping/wrapping.js';
import type { WrappingKey } from '../../src/crypto/wrapping/wrapping-key.js';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import type { TestDatabase } from '../support/databases.js';
import { runOne } from '../support/run.js';
import { kindOf, withBare } from '../support/sql.js';
import { DAY, insertRows, JANUARY, newStorePath } from '../support/store.js';
import { grow } from '../support/wrapping/forest.js';
import { materialOfJson, plainBytes, type MaterialJson } from '../support/wrapping/material.js';
import { aPlant } from '../support/wrapping/plant.js';
import { fill, TEMPLATE_UID } from './fill.js';

const NOW = JANUARY + 40 * DAY;
const PAGE_ROWS = 256;
/** By the name of the row, and for the bare driver, whose new key is the old one: the work is the same. */
const PARAMETERS = {
  blockCipherMode: 'AESKeyWrapPadding',
  paddingMethod: null,
  hashingAlgorithm: null,
} as const;

export interface RewrapRates {
  /** Dependants a second. */
  readonly bare: number;
  readonly kms: number;
  /** By how much the run's memory grew, in megabytes. */
  readonly grownBy: number;
}

/** Re-wraps so many dependants by the bare driver, then by a run. */
export async function measureRewrapping(
  database: TestDatabase,
  dependants: number,
): Promise<RewrapRates> {
  const { kek, dependant } = rowsOfForest();
  const storeOf = async () => {
    const url = await newStorePath(database);
    await insertRows(url, [kek]);
    await fill(url, dependant, { from: 0, to: dependants, prefix: 'dek-' });
    return url;
  };
  const bare = await bareSeconds(await storeOf(), kek, dependants);
  const url = await storeOf();
  const before = process.memoryUsage.rss();
  const began = performance.now();
  const { results } = await runOne(url, kek.id, NOW);
  const seconds = (performance.now() - began) / 1000;
  const grownBy = (process.memoryUsage.rss() - before) / 2 ** 20;
  const rewrapped = results[0]?.dependantsRewrapped;
  if (rewrapped !== dependants) throw new Error(`${rewrapped ?? 0} of ${dependants} re-wrapped`);
  return { bare: dependants / bare, kms: dependants / seconds, grownBy };
}

function rowsOfForest(): { readonly kek: ObjectRow; readonly dependant: ObjectRow } {
  const { rows } = grow([aPlant(), aPlant({ kind: 'hmac', bytesAlone: true, under: 1 })]);
  const [kek, row] = rows;
  if (kek === undefined || row === undefined) throw new Error('a forest of two is none');
  const asTemplate = (text: string) => text.replaceAll(`"${row.id}"`, `"${TEMPLATE_UID}"`);
  return {
    kek,
    dependant: {
      ...row,
      id: TEMPLATE_UID,
      object: asTemplate(row.object),
      attributes: asTemplate(row.attributes),
    },
  };
}

interface Stored {
  readonly SymmetricKey: {
    readonly KeyBlock: { KeyValue: MaterialJson | { readonly KeyMaterial: MaterialJson } };
  };
}

function keyIn({ object }: ObjectRow): WrappingKey {
  const { KeyValue: value } = (JSON.parse(object) as Stored).SymmetricKey.KeyBlock;
  if (!('KeyMaterial' in value)) throw new Error('a wrapping key that is wrapped');
  return { kind: 'aes', key: plainBytes(materialOfJson(value.KeyMaterial as MaterialJson)) };
}

/** What the bare driver calls the replacement: as long as a UUID. */
const NEW_UID = '00000000-0000-4000-8000-000000000000';

/** Puts another key in the place of a wrapping key, as it stands in JSON. */
function renamed(text: string, uid: string): string {
  return text.replaceAll(`"${uid}"`, `"${NEW_UID}"`);
}

/** Unwraps and wraps as a run does, which unwraps again to compare; JSON by the language itself. */
function rewrapped(object: string, key: WrappingKey): string {
  const stored = JSON.parse(object) as Stored;
  const block = stored.SymmetricKey.KeyBlock;
  const { plaintext } = unwrapBytes(key, PARAMETERS, Buffer.from(block.KeyValue as number[]));
  const ciphertext = wrapBytes(key, PARAMETERS, plaintext);
  const again = unwrapBytes(key, PARAMETERS, ciphertext).plaintext;
  if (!again.equals(plaintext)) throw new Error('other bytes');
  block.KeyValue = [...ciphertext];
  return JSON.stringify(stored);
}

type Row = Pick<ObjectRow, 'id' | 'object' | 'attributes'>;

async function bareSeconds(url: string, kek: ObjectRow, dependants: number): Promise<number> {
  const key = keyIn(kek);
  const began = performance.now();
  const valuesOf = ({ id, object, attributes }: Row) => [
    ...[renamed(rewrapped(object, key), kek.id), renamed(attributes, kek.id), NEW_UID],
    ...[id, object],
  ];
  const done = kindOf(url) === 'sqlite' ? onSqlite(url, valuesOf) : await onServer(url, valuesOf);
  if (done !== dependants) throw new Error(`${done} of ${dependants} re-wrapped`);
  return (performance.now() - began) / 1000;
}

const SELECT = `SELECT id, object, CAST(attributes AS text) AS attributes FROM objects
  WHERE wrapping_key_id IS NOT NULL AND id > ? ORDER BY id LIMIT ${PAGE_ROWS}`;
const UPDATE =
  'UPDATE objects SET object = ?, attributes = ?, wrapping_key_id = ? WHERE id = ? AND object = ?';
type ValuesOf = (row: Row) => readonly string[];

function onSqlite(path: string, valuesOf: ValuesOf): number {
  const database = new Database(path);
  database.pragma('synchronous = FULL');
  const select = database.prepare<[string], Row>(SELECT);
  const update = database.prepare(UPDATE);
  let done = 0;
  database
    .transaction(() => {
      for (let after = ''; ;) {
        const rows = select.all(after);
        for (const row of rows) update.run(...valuesOf(row));
        done += rows.length;
        if (rows.length < PAGE_ROWS) return;
        after = rows.at(-1)?.id ?? '';
      }
    })
    .immediate();
  database.close();
  return done;
}

async function onServer(url: string, valuesOf: ValuesOf): Promise<number> {
  const update =
    kindOf(url) === 'postgresql'
      ? UPDATE.replace('attributes = ?', 'attributes = CAST(? AS jsonb)')
      : UPDATE;
  const select = kindOf(url) === 'mysql' ? SELECT.replace('AS text', 'AS CHAR') : SELECT;
  return withBare(url, async (bare) => {
    let done = 0;
    await bare.query('BEGIN');
    for (let after = ''; ;) {
      const rows = (await bare.query(select, [after])) as readonly Row[];
      for (const row of rows) await bare.query(update, valuesOf(row));
      done += rows.length;
      if (rows.length < PAGE_ROWS) break;
      after = rows.at(-1)?.id ?? '';
    }
    await bare.query('COMMIT');
    return done;
  });
}
