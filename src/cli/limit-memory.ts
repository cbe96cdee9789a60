// Keeps the memory of a command small. By itself V8 lets garbage grow to several times what lives; when it optimizes for
// size, a run takes an eighth more CPU time, and a long list nearly twice as much. So it does that only in a large process.
import { setFlagsFromString } from 'node:v8';

/** What a run over some 20,000 keys takes. */
const LARGE_RUN_BYTES = 160 * 2 ** 20;
/** More than what a list of any length takes. */
const LARGE_LIST_BYTES = 240 * 2 ** 20;

/** Returns what is to be called now and then, as the run goes on. */
export function limitMemory(
  usedBytes: () => number = () => process.memoryUsage.rss(),
  setFlag: (flag: string) => void = setFlagsFromString,
  largeBytes = LARGE_RUN_BYTES,
): () => void {
  let isLarge = false;
  setFlag('--heap-growing-percent=20');
  return () => {
    if (isLarge || usedBytes() < largeBytes) return;
    isLarge = true;
    setFlag('--optimize-for-size');
  };
}

/** Some 30 MB more than what a command takes that has little to do. */
const NOTABLE_BYTES = 112 * 2 ** 20;

/** For lists; only once the process takes more than usual, as V8 rejects code that was compiled under other flags. */
export function limitMemoryOnceNotable(
  usedBytes: () => number = () => process.memoryUsage.rss(),
  setFlag: (flag: string) => void = setFlagsFromString,
): () => void {
  let look: (() => void) | null = null;
  return () => {
    if (look === null && usedBytes() < NOTABLE_BYTES) return;
    look ??= limitMemory(usedBytes, setFlag, LARGE_LIST_BYTES);
    look();
  };
}

const LOOK_MS = 200;

/** Does that while something works that does not look at its memory itself. */
export async function withLimitedMemory<T>(work: () => Promise<T>): Promise<T> {
  const looking = setInterval(limitMemoryOnceNotable(), LOOK_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(looking);
  }
}
