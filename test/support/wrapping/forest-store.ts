// A suite's store, planted anew for each test with a forest of wrapped objects; what is due in it is due at NOW. No
// assertions here.
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import type { TestDatabase } from '../databases.js';
import { withBare } from '../sql.js';
import { DAY, insertRows, JANUARY, newStorePath } from '../store.js';
import { grow } from './forest.js';
import type { Plant } from './plant.js';

export const NOW = JANUARY + 41 * DAY;

/** For runs: the server has no key encryption key. */
export const NO_SERVER_KEK = { serverKek: { uid: 'none', mayBeRotated: false } } as const;

export interface ForestOptions {
  readonly mostLevels?: number;
  /** How many rows are put in; the others are returned. */
  readonly count?: number;
}

export interface PlantedStore {
  readonly url: string;
  readonly rest: readonly ObjectRow[];
}

/** Returns what empties the suite's store and plants a forest in it. */
export function forestStore(
  database: TestDatabase,
): (plants: readonly Plant[], options?: ForestOptions) => Promise<PlantedStore> {
  let store: Promise<string> | null = null;
  return async (plants, { mostLevels, count = Infinity } = {}) => {
    const url = await (store ??= newStorePath(database));
    await withBare(url, async (bare) => {
      for (const table of ['objects', 'tags', 'kms_rotation_log', 'kms_rotation_retiring']) {
        await bare.query(`DELETE FROM ${table}`);
      }
    });
    const { rows } = grow(plants, mostLevels);
    await insertRows(url, rows.slice(0, count), []);
    return { url, rest: rows.slice(count) };
  };
}
