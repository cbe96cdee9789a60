// A list in order that may be longer than memory: from some length on its items wait in a temporary file, sorted piece by
// piece (an external merge sort). Items are what JSON can hold; nothing secret is put in one.
import { randomBytes } from 'node:crypto';
import { openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../errors.js';
import { inLargerPieces } from '../text/larger-pieces.js';
import type { LongList } from '../text/lazy-lists.js';
import { merged, type Run } from './merged-runs.js';
import { systemCodeOf } from './system-error.js';
import { temporaryFolderIn } from './temporary-folder.js';

/** May be gone through more than once, but not while items are added. */
export interface SortedList<Item> extends LongList<Item> {
  add(item: Item): void;
}

export type Compare<Item> = (a: Item, b: Item) => number;

interface SortedListOptions {
  /** How many items are in memory at most, while the file has few pieces. */
  readonly atMost?: number;
  /** For the others; null if there is none, so that memory has to do. */
  readonly folder?: string | null;
}

/** Some 2 MB of what lists hold: ten times as many make every collection of garbage dearer. */
const ITEMS_IN_MEMORY = 2000;
/** After so many pieces the next are twice as long: when they are merged, a little of each is in memory. */
const RUNS_OF_A_LENGTH = 256;

/** Items that compare as equal stay in the order in which they were added. */
export function newSortedList<Item>(
  compare: Compare<Item>,
  { atMost = ITEMS_IN_MEMORY, folder = temporaryFolderIn(process.env) }: SortedListOptions = {},
): SortedList<Item> {
  let inMemory: Item[] = [];
  let isSorted = true;
  let length = 0;
  let last: Item | null = null;
  let file: SpillFile | null = null;
  const runs: Run[] = [];
  const sorted = () => {
    if (!isSorted) inMemory.sort(compare);
    isSorted = true;
    return inMemory;
  };
  const spillTo = (place: string) => {
    file ??= openSpillFile(place);
    const items = sorted();
    const [first] = items;
    const run = runs.at(-1);
    // Most lists arrive in order, and are one run.
    const goesOn = last !== null && first !== undefined && compare(last, first) <= 0;
    const written = file.write(items);
    if (run !== undefined && goesOn) runs[runs.length - 1] = { ...run, to: written.to };
    else runs.push(written);
    last = items.at(-1) ?? null;
    inMemory = [];
  };
  return {
    get length() {
      return length;
    },
    add: (item) => {
      const before = inMemory.at(-1);
      if (before !== undefined && compare(before, item) > 0) isSorted = false;
      inMemory.push(item);
      length += 1;
      const pieceLength = atMost * 2 ** Math.floor(runs.length / RUNS_OF_A_LENGTH);
      if (inMemory.length >= pieceLength && folder !== null) spillTo(folder);
    },
    [Symbol.iterator]: () =>
      runs.length === 0
        ? sorted()[Symbol.iterator]()
        : merged<Item>(runs, sorted(), compare)[Symbol.iterator](),
  };
}

interface SpillFile {
  /** Appends items, and returns where they are. */
  write(items: readonly unknown[]): Run;
}

/** Opens a file that has no name, so that nothing is left of it however the process ends. */
function openSpillFile(folder: string): SpillFile {
  const path = join(folder, `.kms-${randomBytes(8).toString('hex')}.tmp`);
  const descriptor = attempt(folder, () => openSync(path, 'wx+', 0o600));
  rmSync(path);
  let end = 0;
  return {
    write: (items) => {
      const from = end;
      for (const text of inLargerPieces(jsonLines(items))) {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length;) {
          at += attempt(folder, () =>
            writeSync(descriptor, bytes, at, bytes.length - at, end + at),
          );
        }
        end += bytes.length;
      }
      return { descriptor, from, to: end };
    },
  };
}

function* jsonLines(items: readonly unknown[]): Generator<string> {
  for (const item of items) yield `${JSON.stringify(item)}\n`;
}

function attempt<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === null) throw cause;
    throw new KmsError('OutputUnwritable', `a long list does not fit into ${folder} (${code})`, {
      hint: 'free some space there, or name another folder in TMPDIR',
      cause,
    });
  }
}
