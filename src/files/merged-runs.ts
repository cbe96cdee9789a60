// Reads sorted runs of JSON lines in a file as one sorted sequence, a little of each at a time.
import { readSync } from 'node:fs';

/** A stretch of a file whose lines are in order. */
export interface Run {
  readonly descriptor: number;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Yields the items of all runs and those in memory, which come last among equals. */
export function* merged<Item>(
  runs: readonly Run[],
  inMemory: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Generator<Item> {
  const chunkBytes = Math.max(LEAST_CHUNK_BYTES, Math.min(CHUNK_BYTES, ALL_BYTES / runs.length));
  const sources = [
    ...runs.map((run) => itemsIn<Item>(run, Math.floor(chunkBytes))),
    inMemory[Symbol.iterator](),
  ];
  const heads: Head<Item>[] = [];
  const precedes = (a: Head<Item>, b: Head<Item>) =>
    (compare(a.item, b.item) || a.place - b.place) < 0;
  for (const [place, source] of sources.entries()) {
    const next: IteratorResult<Item, unknown> = source.next();
    if (next.done === true) continue;
    rise(heads, heads.push({ item: next.value, place, source }) - 1, precedes);
  }
  for (;;) {
    const [first] = heads;
    if (first === undefined) return;
    yield first.item;
    const next = first.source.next();
    const top = next.done === true ? heads.pop() : { ...first, item: next.value };
    if (top === undefined || heads.length === 0) continue;
    heads[0] = top;
    sink(heads, precedes);
  }
}

interface Head<Item> {
  readonly item: Item;
  /** Of its run among all. */
  readonly place: number;
  readonly source: Iterator<Item, unknown>;
}

type Precedes<Item> = (a: Item, b: Item) => boolean;

/** Puts the last of a heap where it belongs. */
function rise<Item>(heap: Item[], from: number, precedes: Precedes<Item>): void {
  for (let at = from; at > 0;) {
    const above = (at - 1) >> 1;
    if (!swapped(heap, above, at, precedes)) return;
    at = above;
  }
}

/** Puts the first of a heap where it belongs. */
function sink<Item>(heap: Item[], precedes: Precedes<Item>): void {
  for (let at = 0; ;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    if (left === undefined) return;
    const below = right !== undefined && precedes(right, left) ? 2 * at + 2 : 2 * at + 1;
    if (!swapped(heap, at, below, precedes)) return;
    at = below;
  }
}

/** Swaps two of a heap unless they are in order; returns whether it did. */
function swapped<Item>(
  heap: Item[],
  above: number,
  below: number,
  precedes: Precedes<Item>,
): boolean {
  const [upper, lower] = [heap[above], heap[below]];
  if (upper === undefined || lower === undefined || !precedes(lower, upper)) return false;
  [heap[above], heap[below]] = [lower, upper];
  return true;
}

/** What is read of a run at once: less where there are many of them, each of which holds as much. */
const CHUNK_BYTES = 32_768;
const LEAST_CHUNK_BYTES = 4096;
const ALL_BYTES = 8 * 2 ** 20;
const LINE_FEED = 0x0a;

function* itemsIn<Item>(
  { descriptor, from, to }: Run,
  chunkBytes: number,
): Generator<Item, undefined> {
  let rest = Buffer.alloc(0);
  for (let at = from; at < to;) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, to - at));
    const read = readSync(descriptor, chunk, 0, chunk.length, at);
    if (read === 0) throw new Error('a temporary file is shorter than what was written to it');
    at += read;
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    const end = bytes.lastIndexOf(LINE_FEED);
    rest = bytes.subarray(end + 1);
    if (end === -1) continue;
    for (const line of bytes.toString('utf8', 0, end).split('\n')) yield JSON.parse(line) as Item;
  }
}
