// Updates a metrics file that several commands share. A lock beside it keeps two runs that end at once from losing each
// other's section; textfile-sections.ts merges.
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { destinationOf } from '../files/destination.js';
import { isSystemError } from '../files/system-error.js';
import { READ_BY_ALL, writeWholeFile } from '../files/write-whole-file.js';

/**
 * Replaces the file by what `update` makes of its content, which is empty for a new file and for what is no regular
 * file.
 *
 * @throws Error from the system.
 */
export async function updateMetricsFile(
  path: string,
  update: (content: string) => string,
): Promise<void> {
  const { target, descriptor } = destinationOf(path);
  const found = statSync(target, { throwIfNoEntry: false });
  if (descriptor !== null || (found !== undefined && !found.isFile())) {
    writeWholeFile(path, update(''), READ_BY_ALL);
    return;
  }
  const lock = await takeLock(`${target}.lock`);
  try {
    const isThere = statSync(target, { throwIfNoEntry: false }) !== undefined;
    writeWholeFile(path, update(isThere ? readFileSync(target, 'utf8') : ''), READ_BY_ALL);
  } finally {
    if (lock !== null) rmSync(lock, { force: true });
  }
}

const PAUSE_MS = 20;
/** Nobody holds a lock for so many pauses, three seconds, as a file is written sooner: a killed run left it. */
const MOST_PAUSES = 150;

/** Returns the path of the lock once it is ours; null where no file can be made beside, as in a read-only folder. */
async function takeLock(lock: string): Promise<string | null> {
  let sinceMs: number | undefined;
  let pauses = 0;
  for (;;) {
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      return lock;
    } catch (error) {
      if (!isSystemError(error, ['EEXIST'])) return null;
    }
    const heldSinceMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    pauses = heldSinceMs === sinceMs ? pauses + 1 : 0;
    sinceMs = heldSinceMs;
    if (pauses >= MOST_PAUSES) rmSync(lock, { force: true });
    else await pause(PAUSE_MS);
  }
}
