// Does something with each of many items, a few at once.

/** Returns what came of each item, in their order. */
export async function inParallel<T, U>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<U>,
): Promise<readonly U[]> {
  const done = new Map<number, U>();
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      done.set(index, await work(items[index] as T));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return items.map((_, index) => done.get(index) as U);
}
