// How much memory a run over very many due keys takes at its height, as a program of its own.
import type { TestDatabase } from '../support/databases.js';
import { aSymmetricKey, JANUARY, newStorePath } from '../support/store.js';
import { fill, TEMPLATE_UID } from './fill.js';
import { usageOf, type ProcessUsage } from './process-usage.js';

/** Runs `kms rotate due` over so many due keys; `json` prints the whole report. */
export async function measureMemory(
  database: TestDatabase,
  keys: number,
  json: boolean,
): Promise<ProcessUsage> {
  const url = await newStorePath(database);
  const key = aSymmetricKey({ uid: TEMPLATE_UID, initialDate: JANUARY });
  await fill(url, key, { from: 0, to: keys, prefix: 'due-' });
  return usageOf(url, ['rotate', 'due', ...(json ? ['--json'] : [])]);
}
