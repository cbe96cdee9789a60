// What all processes of a run of the tests share, made before they start: programs, if the run may install them, the
// built program, a server of each kind that the run covers, and a folder for key pairs. A single file of tests does
// without.
import { ensureBuilt } from './built.js';
import { PAIRS_VARIABLE } from './pair-pool.js';
import { installMissing, mayInstall } from './programs.js';
import { SERVER_KINDS, type ServerKind } from './server-kinds.js';
import { sharedServer } from './shared-servers.js';
import { temporaryFolder } from './temporary.js';
import { isWanted } from './wanted-databases.js';

/** Called by mocha, once. */
export async function mochaGlobalSetup(): Promise<void> {
  if (mayInstall) installMissing();
  ensureBuilt();
  process.env[PAIRS_VARIABLE] = temporaryFolder();
  const wanted = SERVER_KINDS.filter(({ name }) => isWanted(name));
  await Promise.all(wanted.map(share));
}

/** Names a server to the other processes; one that is missing is named by the tests that need it. */
async function share(kind: ServerKind): Promise<void> {
  const server = await sharedServer(kind);
  if ('url' in server) process.env[kind.variable] = server.url;
}
