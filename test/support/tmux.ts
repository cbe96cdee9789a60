// A real terminal of 80 columns, unless told otherwise, and 24 lines, kept by tmux.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { until } from './poll.js';

const COLUMNS = 80;
const LINES = 24;
const END = '[end of the command]';
const PATIENCE_MS = 20_000;
/** Each look starts a process. */
const EVERY_MS = 40;

/** Keys, as tmux names them, that are typed when a text is to be seen; Enter is added. */
export interface Answer {
  readonly to: string;
  readonly keys: string | readonly string[];
}

interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
}

export interface RealTerminal {
  /** Returns what it shows; with `escapes`, the colours too. */
  readonly shown: (escapes?: boolean) => string;
  readonly waitFor: (text: string) => Promise<void>;
  /** Waits for the end of the command, and returns what it shows then. */
  readonly waitForEnd: (escapes?: boolean) => Promise<string>;
  readonly press: (...keys: readonly string[]) => void;
  /** Closes it, as a user closes the window. */
  readonly close: () => void;
}

/** Runs a shell command on a terminal, which is gone when `use` is done. */
export async function onRealTerminal<T>(
  command: string,
  { env, columns = COLUMNS }: TerminalOptions,
  use: (terminal: RealTerminal) => Promise<T>,
): Promise<T> {
  const server = ['-L', `kms-test-${randomUUID()}`, '-f', '/dev/null'];
  const tmux = (...argv: readonly string[]) =>
    execFileSync('tmux', [...server, ...argv], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
    });
  const shown = (escapes = false) => tmux('capture-pane', '-p', ...(escapes ? ['-e'] : []));
  const waitFor = (text: string) =>
    until(`it shows ${text}`, () => shown().includes(text), PATIENCE_MS, EVERY_MS);
  const script = `${command}; printf '${END}'; exec tail -f /dev/null`;
  tmux('new-session', '-d', '-x', String(columns), '-y', String(LINES), script);
  const close = () => {
    spawnSync('tmux', [...server, 'kill-server']);
  };
  try {
    return await use({
      shown,
      waitFor,
      waitForEnd: async (escapes) => {
        await waitFor(END);
        return shown(escapes).split(END)[0] ?? '';
      },
      press: (...keys) => tmux('send-keys', ...keys),
      close,
    });
  } finally {
    close();
  }
}

/** Runs a shell command on a terminal, answers what it asks, and returns what it shows then, if asked to in colours. */
export function onTerminal(
  command: string,
  options: TerminalOptions & { readonly colours?: boolean; readonly answers?: readonly Answer[] },
): Promise<string> {
  return onRealTerminal(command, options, async ({ waitFor, press, waitForEnd }) => {
    for (const { to, keys } of options.answers ?? []) {
      await waitFor(to);
      press(...[keys].flat(), 'Enter');
    }
    return waitForEnd(options.colours);
  });
}
