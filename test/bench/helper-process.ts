// A process of its own beside the bench, which says on standard output where it is reached, and ends with its standard input.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a TypeScript file as such a process for as long as `use` takes, which gets what it said. */
export async function withProcess<T>(
  file: string,
  args: readonly string[],
  use: (url: string) => Promise<T>,
): Promise<T> {
  const argv = ['--import', 'tsx', file, ...args];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return await use(line.toString().trim());
  } finally {
    child.stdin.end();
    await once(child, 'exit');
  }
}
