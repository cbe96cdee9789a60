// Folders that vanish when the tests end: in memory where there is enough of it, since no test is about what a
// disk keeps when the power fails, and each commit would wait for the disk.
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';
const ENOUGH_BYTES = 4 * 2 ** 30;

const made: string[] = [];

export function temporaryFolder(below = hasMemory() ? IN_MEMORY : tmpdir()): string {
  const folder = mkdtempSync(join(below, 'kms-test-'));
  made.push(folder);
  return folder;
}

/** Says whether files may be kept in memory here, and programs among them run. */
function hasMemory(): boolean {
  if (process.env['TMPDIR'] !== undefined || !existsSync('/proc/mounts')) return false;
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, path]) => path === IN_MEMORY);
  if (mount?.[2] !== 'tmpfs' || mount[3]?.split(',').includes('noexec') === true) return false;
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ENOUGH_BYTES;
}

// Folders, servers and hooks each clean up at the end; a warning of so many would follow the summary.
process.setMaxListeners(100);

/** Whoever interrupts the tests still has folders and servers taken away, which happens at the exit. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Mocha ends each of its several processes by SIGTERM if it takes longer than a second over its own exit.
  if (signal === 'SIGTERM' && 'MOCHA_WORKER_ID' in process.env) process.on(signal, () => undefined);
  else process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});
