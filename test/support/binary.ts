// Runs the built program in an environment that holds nothing but what is given: one run after the other in a
// process that stays, which spares its start, or each in one of its own, for runs at once and for what only such
// a process shows.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './built.js';
import { runResident } from './resident.js';
import { temporaryFolder } from './temporary.js';

export const RUN_JS = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

ensureBuilt();

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BinaryOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another user to run as; only root can do so. */
  readonly user?: number;
}

/** Starts the program; `ended` resolves when it is over and its output is complete. */
export function startBinary(
  argv: readonly string[],
  options: BinaryOptions = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const home = temporaryFolder();
  const { user } = options;
  const child = spawn(process.execPath, [RUN_JS, ...argv], {
    cwd: options.cwd ?? home,
    env: { PATH: process.env['PATH'], HOME: home, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    const text = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
    child.on('error', reject).on('close', (code, signal) => {
      resolve({ code, signal, ...text });
    });
  });
  return { child, ended };
}

/** Runs the program to its end, in a process of its own. */
export function runApart(argv: readonly string[], options: BinaryOptions = {}): Promise<Ended> {
  return startBinary(argv, options).ended;
}

/** The same on a store. */
export function runApartOn(
  store: string,
  argv: readonly string[],
  options: BinaryOptions = {},
): Promise<Ended> {
  return runApart(argv, onStore(store, options));
}

/** What the program reads when it runs, not as it is loaded. */
const ITS_OWN = /^(KMS_\w+|XDG_DATA_HOME|XDG_CONFIG_HOME|HOME|PATH)$/;

/** Runs the program to its end, in a process that other runs come after, unless it is given what asks for its own. */
export async function runBinary(
  argv: readonly string[],
  options: BinaryOptions = {},
): Promise<Ended> {
  const { user, cwd, env = {} } = options;
  if (user !== undefined || !Object.keys(env).every((name) => ITS_OWN.test(name))) {
    return runApart(argv, options);
  }
  const home = temporaryFolder();
  const ended = await runResident({
    program: RUN_JS,
    argv,
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    cwd: cwd ?? home,
  });
  return { ...ended, signal: null };
}

/** The same on a store. */
export function runOn(
  store: string,
  argv: readonly string[],
  options: BinaryOptions = {},
): Promise<Ended> {
  return runBinary(argv, onStore(store, options));
}

function onStore(store: string, options: BinaryOptions): BinaryOptions {
  return { ...options, env: { KMS_DATABASE_URL: store, ...options.env } };
}
