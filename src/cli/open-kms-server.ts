// Opens the server that the configuration names, for a run or for a look at it.
import type { Config } from '../settings/config.js';
import type { KmsServer } from '../run/server/kms-server.js';

/** How many requests are under way at once, if nothing says. */
const REQUESTS_AT_ONCE = 4;

/** Returns the server; null if none is configured. @throws KmsError InvalidConfiguration for a file of it that cannot be used. */
export async function openKmsServer(
  { kmsServer: settings }: Pick<Config, 'kmsServer'>,
  concurrency = REQUESTS_AT_ONCE,
): Promise<KmsServer | null> {
  if (settings === null) return null;
  const { kmsServer } = await import('../run/server/kms-server.js');
  const { serverConnection } = await import('../run/server/server-connection.js');
  const { url, timeoutSeconds } = settings;
  const options = { name: url.host, timeoutSeconds, concurrency };
  return kmsServer(serverConnection(settings, concurrency), options);
}
