// A real terminal of 80 columns, unless told otherwise, and 24 lines, kept by tmux.
import { execFileSync } from 'node:child_process';
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

/**
 * Runs a shell command on a terminal and returns what it shows then; with `colours` also its escapes. Each
 * answer is typed when the text before it is to be seen.
 */
export async function onTerminal(
  command: string,
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly colours?: boolean;
    readonly columns?: number;
    readonly answers?: readonly Answer[];
  },
): Promise<string> {
  const server = ['-L', `kms-test-${randomUUID()}`, '-f', '/dev/null'];
  const escapes = options.colours === true ? ['-e'] : [];
  const capture = (...flags: readonly string[]) =>
    execFileSync('tmux', [...server, 'capture-pane', '-p', ...flags], { encoding: 'utf8' });
  const shown = (what: string, text: string) =>
    until(what, () => capture().includes(text), PATIENCE_MS, EVERY_MS);
  const script = `${command}; printf '${END}'; exec tail -f /dev/null`;
  const size = ['-x', String(options.columns ?? COLUMNS), '-y', String(LINES)];
  execFileSync('tmux', [...server, 'new-session', '-d', ...size, script], {
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', LANG: 'C.UTF-8', ...options.env },
  });
  try {
    for (const { to, keys } of options.answers ?? []) {
      await shown(`it asks ${to}`, to);
      execFileSync('tmux', [...server, 'send-keys', ...[keys].flat(), 'Enter']);
    }
    await shown('the command ends', END);
    return capture(...escapes).split(END)[0] ?? '';
  } finally {
    execFileSync('tmux', [...server, 'kill-server']);
  }
}
