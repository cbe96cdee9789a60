// Shows a long text in the user's pager, as git does: PAGER, else less, which exits by itself if everything fits on the
// screen. Without a pager it prints the text as it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeLines, type Lines } from './write-lines.js';

interface Screen {
  readonly rows: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit code of a shell that did not find the command. */
const NOT_FOUND = 127;

/** Prints lines, in a pager if they do not fit on the screen. */
export async function printPaged(
  lines: Lines,
  print: (line: string) => void,
  { rows, env }: Screen,
): Promise<void> {
  const pager = env['PAGER'] ?? 'less';
  const source = begun(lines);
  const read: string[] = [];
  let height = 0;
  while (height < rows) {
    const next = await source.next();
    if (next.done === true) break;
    read.push(next.value);
    height += next.value.split('\n').length;
  }
  const usesPager = height >= rows && pager !== '' && pager !== 'cat';
  const shown = usesPager && (await showIn(pager, follow(read, source), env));
  if (!shown) for await (const line of follow(read, source)) print(line);
  // A user who quit the pager has seen enough.
  await source.return?.();
}

function begun(lines: Lines): Iterator<string> | AsyncIterator<string> {
  return Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
}

/** In characters; far more than an unread pipe holds, so a pager that has taken this much does exist. */
const MOST_KEPT = 2 ** 20;

/**
 * Yields what was read, then the rest. It adds the start of the rest to `read`, to be printed again if the pager turns
 * out not to exist.
 */
async function* follow(
  read: string[],
  source: Iterator<string> | AsyncIterator<string>,
): AsyncGenerator<string> {
  let kept = 0;
  for (const line of read) {
    kept += line.length;
    yield line;
  }
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    kept += next.value.length;
    if (kept < MOST_KEPT) read.push(next.value);
    yield next.value;
  }
}

/** Returns false if the pager does not exist. */
async function showIn(
  pager: string,
  lines: AsyncIterable<string>,
  env: Screen['env'],
): Promise<boolean> {
  // The terminal sends an interrupt to both processes; the pager decides what to do with it.
  const leaveToPager = () => undefined;
  process.on('SIGINT', leaveToPager);
  const child = spawn(pager, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    // d: no warning, and no key to press, where the terminal is not known.
    env: { LESS: 'FRXd', LV: '-c', ...env },
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  // The pager closes the pipe when the user quits.
  child.stdin.on('error', () => undefined);
  await writeLines(child.stdin, lines);
  child.stdin.end();
  const [code] = await ended;
  process.off('SIGINT', leaveToPager);
  return code !== NOT_FOUND;
}
