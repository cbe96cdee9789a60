// Keeps what a lookup has found, so that it is made once; a lookup that failed is not kept.

export interface Cached<T> {
  /** Looks it up, unless that is done or under way. */
  readonly get: () => Promise<T>;
  /** Makes the next `get` look it up again. */
  readonly invalidate: () => void;
}

/** Returns a lookup whose result is kept; after a failure, the next `get` tries again. */
export function cached<T>(lookUp: () => Promise<T>): Cached<T> {
  let kept: Promise<T> | null = null;
  const forget = (failed: Promise<T>) => {
    if (kept === failed) kept = null;
  };
  return {
    get: () => {
      if (kept !== null) return kept;
      const found = lookUp();
      kept = found;
      found.catch(() => {
        forget(found);
      });
      return found;
    },
    invalidate: () => {
      kept = null;
    },
  };
}
