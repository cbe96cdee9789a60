// Lists that are made while they are gone through, each time anew: what is long need not be in memory whole.

/** A list that may not be in memory, but knows how long it is. */
export interface LongList<Item> extends Iterable<Item> {
  readonly length: number;
}

export function mapped<Item, Made>(
  items: Iterable<Item>,
  make: (item: Item) => Made,
): Iterable<Made> {
  return {
    *[Symbol.iterator]() {
      for (const item of items) yield make(item);
    },
  };
}

export function filtered<Item>(
  items: Iterable<Item>,
  fits: (item: Item) => boolean,
): Iterable<Item> {
  return {
    *[Symbol.iterator]() {
      for (const item of items) if (fits(item)) yield item;
    },
  };
}
