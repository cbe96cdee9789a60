// Runs the built program as a process of its own, in an environment that holds nothing but what is given.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary.js';

export const RUN_JS = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

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

/** Runs the program to its end. */
export function runBinary(argv: readonly string[], options: BinaryOptions = {}): Promise<Ended> {
  return startBinary(argv, options).ended;
}

/** Runs the program on a store to its end. */
export function runOn(
  store: string,
  argv: readonly string[],
  options: BinaryOptions = {},
): Promise<Ended> {
  return runBinary(argv, { ...options, env: { KMS_DATABASE_URL: store, ...options.env } });
}
