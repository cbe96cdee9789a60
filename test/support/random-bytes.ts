// What the random number generator gave out while something ran, to see whether all of it was wiped.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Returns the very buffers that `randomBytes` of node:crypto returned to anybody meanwhile. */
export async function randomBytesDuring(work: () => unknown): Promise<readonly Buffer[]> {
  const { randomBytes } = crypto;
  const given: Buffer[] = [];
  const watched = (size: number): Buffer => {
    const bytes = randomBytes(size);
    given.push(bytes);
    return bytes;
  };
  setRandomBytes(watched);
  try {
    await work();
    return given;
  } finally {
    setRandomBytes(randomBytes);
  }
}

/** Those that have imported it by name see it too. */
function setRandomBytes(randomBytes: (size: number) => Buffer): void {
  Object.assign(crypto, { randomBytes });
  syncBuiltinESMExports();
}
