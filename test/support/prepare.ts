// What all processes of a run of all tests share, made before they start: the programs that tests need, a server of
// each kind in memory, unless a variable names one, and a folder for pairs. A single file of tests does without, on
// servers that are there.
import { makeServer } from './private-servers.js';
import { installMissing } from './packages.js';
import { PAIRS_VARIABLE } from './pair-pool.js';
import { SERVER_KINDS, SHARED, type ServerKind } from './server-kinds.js';
import { temporaryFolder } from './temporary.js';

/** Called by mocha, once. */
export async function mochaGlobalSetup(): Promise<void> {
  installMissing();
  process.env[PAIRS_VARIABLE] = temporaryFolder();
  const wanted = process.env['DIALECTS']?.split(',');
  const kinds = SERVER_KINDS.filter(({ name }) => wanted?.includes(name) !== false);
  await Promise.all(kinds.map(share));
}

/** A server that cannot be had is missed, and named, by the tests that need it. */
async function share(kind: ServerKind): Promise<void> {
  const { variable, settings } = SHARED[kind.name];
  if (process.env[variable] !== undefined || kind.missing() !== null) return;
  const server = await makeServer(kind);
  await server.start(settings);
  process.env[variable] = server.url;
}
