// What all processes of a run of the tests share, made before they start: programs, if the run may install them, the
// built program, a server of each kind that the run covers with an empty store on it, and a folder for key pairs. A
// single file of tests does without.
import { ensureBuilt } from './built.js';
import { onServer, type TestDatabase } from './databases.js';
import { PAIRS_VARIABLE } from './pair-pool.js';
import { keepNewServer } from './private-servers.js';
import { installMissing } from './install-missing.js';
import { mayInstall } from './programs.js';
import { SERVER_KINDS, type ServerKind } from './server-kinds.js';
import { sharedServer } from './shared-servers.js';
import { emptyStoreVariable, newStorePath } from './store.js';
import { temporaryFolder } from './temporary.js';
import { isWanted } from './wanted-databases.js';

const holdingEmptyStores: TestDatabase[] = [];

/** Called by mocha, once. */
export async function mochaGlobalSetup(): Promise<void> {
  if (mayInstall) await installMissing();
  ensureBuilt();
  process.env[PAIRS_VARIABLE] = temporaryFolder();
  const wanted = SERVER_KINDS.filter(({ name }) => isWanted(name));
  await Promise.all(wanted.map(share));
}

/** Called by mocha, once. */
export async function mochaGlobalTeardown(): Promise<void> {
  await Promise.all(holdingEmptyStores.map((database) => database.dropAll()));
}

/** Names a server, a store there, and a new server to copy, to the other processes; tests name what is missing. */
async function share(kind: ServerKind): Promise<void> {
  if (kind.isInstalled()) await keepNewServer(kind);
  const server = await sharedServer(kind);
  if (!('url' in server)) return;
  process.env[kind.variable] = server.url;
  const database = onServer(kind);
  holdingEmptyStores.push(database);
  process.env[emptyStoreVariable(database)] = await newStorePath(database);
}
