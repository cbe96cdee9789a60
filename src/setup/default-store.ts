// Makes the default store when a command that creates objects first needs it, as `kms init` would.
import { readAuditKeys } from '../settings/audit-key-files.js';
import type { Config } from '../settings/config.js';
import type { LogLevel } from '../settings/log-level.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import { initialise } from '../store/prepare/initialise.js';
import type { InitWriter } from '../store/prepare/record-init.js';
import { CONNECT_OPTIONS } from './connect-options.js';

/** Does nothing if a setting names a database. Notes which store it made. */
export async function ensureDefaultStore(
  config: Pick<Config, 'databaseIsDefault' | 'databaseUrl' | 'sealingKeyFile' | 'signingKeyFile'>,
  output: { note(level: LogLevel, text: string): void },
  writer: InitWriter,
): Promise<void> {
  const { databaseIsDefault, databaseUrl } = config;
  if (!databaseIsDefault) return;
  const options = { ...CONNECT_OPTIONS, auditKeys: readAuditKeys(config) };
  const { store } = await initialise(databaseUrl, options, writer);
  if (store !== 'created') return;
  output.note('warn', `no database was named: made the key store ${redactedUrl(databaseUrl)}`);
}
