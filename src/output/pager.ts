// Shows a long text through the reader's pager, as git does: PAGER, else less, which ends by itself if all fits
// on the screen. Where there is none, the text is printed as it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeLines, type Lines } from './write-lines.js';

interface Screen {
  readonly rows: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit code of a shell that has not found the command. */
const NOT_FOUND = 127;

/** Prints lines; through a pager if they are more than the screen has rows. */
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
  // Whoever quit the pager wants no more of it.
  await source.return?.();
}

function begun(lines: Lines): Iterator<string> | AsyncIterator<string> {
  return Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
}

/** Far more than a pipe holds that nobody reads: a pager that has taken so much is there. */
const MOST_KEPT = 2 ** 20;

/** Yields what was read, then what is left, whose beginning it adds to that: a pager may turn out not to be there. */
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

/** Returns false if there is no such pager. */
async function showIn(
  pager: string,
  lines: AsyncIterable<string>,
  env: Screen['env'],
): Promise<boolean> {
  // The terminal sends it to both; what to do then is for the pager to say.
  const leaveToPager = () => undefined;
  process.on('SIGINT', leaveToPager);
  const child = spawn(pager, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', LV: '-c', ...env },
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  // Once it has closed the pipe, its reader has seen enough.
  child.stdin.on('error', () => undefined);
  await writeLines(child.stdin, lines);
  child.stdin.end();
  const [code] = await ended;
  process.off('SIGINT', leaveToPager);
  return code !== NOT_FOUND;
}
