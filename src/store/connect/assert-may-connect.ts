// What can be known of a database without a connection, for those who only check. connect.ts connects.
import { connectionAttempts } from './connection-attempts.js';
import { assertFile } from './sqlite-file.js';
import { parseDatabaseUrl } from './url/database-url.js';
import { serverUrlWithin } from './url/postgresql-variables.js';

/**
 * Ensures that the file of a store is there, or that each part of a server's URL and each file of TLS can be used.
 *
 * @throws KmsError StoreNotFound, NotAStore, StoreUnreachable or InvalidConfiguration.
 */
export function assertMayConnect(url: string): void {
  const parsed = parseDatabaseUrl(url);
  if (parsed.kind === 'sqlite') assertFile(parsed.path);
  else connectionAttempts(serverUrlWithin(process.env, parsed.url));
}
