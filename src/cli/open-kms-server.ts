// Opens the server that the configuration names, for a run or for a look at it.
import { kmsServer, type KmsServer } from '../run/server/kms-server.js';
import { serverConnection } from '../run/server/server-connection.js';
import type { Config } from '../settings/config.js';

/** How many requests are under way at once, if nothing says. */
const REQUESTS_AT_ONCE = 4;

/** Returns the server; null if none is configured. @throws KmsError InvalidConfiguration for a file of it that cannot be used. */
export function openKmsServer(
  { kmsServer: settings }: Pick<Config, 'kmsServer'>,
  concurrency = REQUESTS_AT_ONCE,
): KmsServer | null {
  if (settings === null) return null;
  const { url, timeoutSeconds } = settings;
  const options = { name: url.host, timeoutSeconds, concurrency };
  return kmsServer(serverConnection(settings, concurrency), options);
}
