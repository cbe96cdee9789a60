// Makes the default store when a command that creates objects first needs it, as `kms init` would.
import type { Config } from '../settings/config.js';
import { initialise } from '../store/prepare/initialise.js';
import { CONNECT_OPTIONS } from './connect-options.js';

/** Does nothing if a setting names a database. */
export async function ensureDefaultStore({
  databaseIsDefault,
  databaseUrl,
}: Pick<Config, 'databaseIsDefault' | 'databaseUrl'>): Promise<void> {
  if (!databaseIsDefault) return;
  await initialise(databaseUrl, CONNECT_OPTIONS);
}
