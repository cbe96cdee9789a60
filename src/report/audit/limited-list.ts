// A list that grows no further than a limit, and counts the rest.

/** More than anybody reads one by one. */
const MOST_LISTED = 100;

export interface LimitedList<T> {
  readonly items: readonly T[];
  readonly count: () => number;
  readonly add: (item: T) => void;
  /** Adds what the other list has, and counts what it only counted. */
  readonly addAll: (other: LimitedList<T>) => void;
}

export function limitedList<T>(): LimitedList<T> {
  const items: T[] = [];
  let count = 0;
  return {
    items,
    count: () => count,
    add: (item) => {
      count += 1;
      if (count <= MOST_LISTED) items.push(item);
    },
    addAll: (other) => {
      items.push(...other.items.slice(0, Math.max(0, MOST_LISTED - items.length)));
      count += other.count();
    },
  };
}
