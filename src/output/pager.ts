// Shows a long text through the reader's pager, as git does: PAGER, else less, which ends by itself if all fits
// on the screen. Where there is none, the text is printed as it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

interface Screen {
  readonly rows: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit code of a shell that has not found the command. */
const NOT_FOUND = 127;

/** Prints lines; through a pager if they are more than the screen has rows. */
export async function printPaged(
  lines: Iterable<string>,
  print: (line: string) => void,
  { rows, env }: Screen,
): Promise<void> {
  const pager = env['PAGER'] ?? 'less';
  const iterator = lines[Symbol.iterator]();
  const first: string[] = [];
  let height = 0;
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    first.push(next.value);
    height += next.value.split('\n').length;
    if (height >= rows) break;
  }
  const whole = rest(first, iterator);
  const shown =
    height >= rows && pager !== '' && pager !== 'cat' && (await showIn(pager, whole, env));
  if (!shown) for (const line of whole.kept()) print(line);
}

interface Kept extends Iterable<string> {
  /** What was read so far, then what is left. */
  kept(): Iterable<string>;
}

/** Lines that can be read once more from the start, should the pager turn out not to be there. */
function rest(first: readonly string[], iterator: Iterator<string>): Kept {
  const read = [...first];
  function* all(): Generator<string> {
    yield* read;
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      read.push(next.value);
      yield next.value;
    }
  }
  return { [Symbol.iterator]: all, kept: all };
}

/** Returns false if there is no such pager. */
async function showIn(
  pager: string,
  lines: Iterable<string>,
  env: Screen['env'],
): Promise<boolean> {
  const child = spawn(pager, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', LV: '-c', ...env },
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  // A reader who has seen enough closes the pipe.
  child.stdin.on('error', () => undefined);
  for (const line of lines) {
    if (child.stdin.destroyed || child.exitCode !== null) break;
    if (!child.stdin.write(`${line}\n`)) await roomIn(child.stdin);
  }
  child.stdin.end();
  const [code] = await ended;
  return code !== NOT_FOUND;
}

/** Resolves when there is room for more, or nobody is left to take it. */
function roomIn(pipe: Writable): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['drain', 'close', 'error']) {
      pipe.once(event, () => {
        resolve();
      });
    }
  });
}
