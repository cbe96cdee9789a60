// How many keys share a batch. Each batch costs a commit and a dozen statements, however few keys it has, and a commit
// waits for a disk. But whoever else wants to write may wait for all of it.

/** What a run begins with. */
export const FIRST_BATCH_SIZE = 64;

/** More would cost memory, and gain little. */
const LARGEST = 256;

/** Fewer would make a slow database slower still. */
const SMALLEST = 16;

/** About half of it passes before the transaction begins. Servers give up waiting for SQLite after five seconds. */
const LONGEST_MS = 2000;

/** Returns the size of the next batch, after one with so many keys that took so long. */
export function nextBatchSize(size: number, keys: number, tookMs: number): number {
  // A batch that a limit or a change of depth cut short says little.
  if (keys < size) return size;
  if (tookMs > LONGEST_MS) return Math.max(size / 2, SMALLEST);
  return tookMs * 2 <= LONGEST_MS ? Math.min(size * 2, LARGEST) : size;
}
