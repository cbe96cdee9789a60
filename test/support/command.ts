// Runs a command in this process, at a time that the test chooses, as if nobody watched.
import { fileURLToPath } from 'node:url';
import { captureOutput } from '@oclif/test';
import { clock } from '../../src/cli/clock.js';
import { withQuickRsa } from './quick-rsa.js';
import { JANUARY } from './symmetric-keys.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunnableCommand {
  run(argv: string[], root: string): Promise<unknown>;
}

/** Runs a command on a store; the clock stands at `now`, 2026-01-10T08:00:00Z unless told. */
export function runCommand(
  command: RunnableCommand,
  store: string,
  argv: readonly string[],
  now = JANUARY,
): Promise<CommandOutcome> {
  return runBare(command, ['--database-url', store, ...argv], now);
}

/** The same without a store: what the arguments and the environment do not set has its default. */
export async function runBare(
  command: RunnableCommand,
  argv: readonly string[],
  now = JANUARY,
): Promise<CommandOutcome> {
  const saved = { now: clock.now, exitCode: process.exitCode };
  const restore = [process.stdout, process.stderr].map(asNoTerminal);
  clock.now = () => now;
  process.exitCode = undefined;
  try {
    const { stdout, stderr, error } = await captureOutput(() =>
      withQuickRsa(() => command.run([...argv], ROOT)),
    );
    if (error !== undefined) throw error;
    return { exitCode: exitCodeSet(), stdout, stderr };
  } finally {
    clock.now = saved.now;
    process.exitCode = saved.exitCode;
    for (const back of restore) back();
  }
}

/** Read by a function: the compiler holds the value for the one assigned last. */
function exitCodeSet(): number {
  return Number(process.exitCode ?? 0);
}

/** Runs a command with --json and returns its document with the exit code. */
export async function runJson(
  command: RunnableCommand,
  store: string,
  argv: readonly string[],
  now = JANUARY,
): Promise<{ readonly exitCode: number; readonly document: unknown }> {
  const { exitCode, stdout } = await runCommand(command, store, ['--json', ...argv], now);
  return { exitCode, document: JSON.parse(stdout) as unknown };
}

/** Whoever runs the tests on a terminal gets the same output as continuous integration. */
function asNoTerminal(stream: NodeJS.WriteStream): () => void {
  const was = Object.getOwnPropertyDescriptor(stream, 'isTTY');
  Object.defineProperty(stream, 'isTTY', { value: false, configurable: true, writable: true });
  return () => {
    if (was === undefined) Reflect.deleteProperty(stream, 'isTTY');
    else Object.defineProperty(stream, 'isTTY', was);
  };
}
