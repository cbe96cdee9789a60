// Lists that may be longer than memory. With a few items in memory each, the rest goes through a file.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { KmsError } from '../../src/errors.js';
import { newSortedList, type SortedList } from '../../src/files/sorted-list.js';
import { temporaryFolder } from '../support/temporary.js';

interface Item {
  readonly rank: number;
  readonly text: string;
}

const byRank = (a: Item, b: Item) => a.rank - b.rank;

function listOf(items: Iterable<Item>, atMost: number): SortedList<Item> {
  const list = newSortedList(byRank, { atMost });
  for (const item of items) list.add(item);
  return list;
}

describe('a sorted list', () => {
  it('has the order of a stable sort, however few items fit into memory', () => {
    const item = fc.record(
      {
        rank: fc.integer({ min: 0, max: 9 }),
        text: fc.string({ unit: 'binary' }),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(item), fc.integer({ min: 1, max: 9 }), (items, atMost) => {
        const list = listOf(items, atMost);
        assert.equal(list.length, items.length);
        assert.deepEqual([...list], [...items].sort(byRank));
      }),
      { numRuns: 100 },
    );
  });

  it('can be gone through again, also while somebody is in the middle of it', () => {
    const list = listOf(
      [3, 1, 2, 0].map((rank) => ({ rank, text: '' })),
      2,
    );
    const [first] = list;
    const ranks = [...list].map(({ rank }) => rank);
    assert.deepEqual([first?.rank, ranks], [0, [0, 1, 2, 3]]);
  });

  it('has the order of a stable sort also of so many pieces that later ones are longer', () => {
    const items = Array.from({ length: 5000 }, (_, at) => ({
      rank: (at * 7919) % 1000,
      text: String(at),
    }));
    assert.deepEqual([...listOf(items, 2)], [...items].sort(byRank));
  });

  it('reads lines longer than what it reads at once', () => {
    const items = [1, 0].map((rank) => ({ rank, text: 'é'.repeat(100_000) }));
    assert.deepEqual([...listOf(items, 1)], items.reverse());
  });

  it('leaves nothing in the folder for temporary files', () => {
    const folder = temporaryFolder();
    const list = newSortedList(byRank, { atMost: 1, folder });
    list.add({ rank: 1, text: '' });
    assert.deepEqual([[...list].length, readdirSync(folder)], [1, []]);
  });

  it('stays in memory where there is no such folder, and says so where it cannot be written to', () => {
    const add = (folder: string | null) => {
      const list = newSortedList(byRank, { atMost: 1, folder });
      for (const rank of [2, 1]) list.add({ rank, text: '' });
      return [...list].map(({ rank }) => rank);
    };
    assert.deepEqual(add(null), [1, 2]);
    assert.throws(
      () => add(join(temporaryFolder(), 'none')),
      (error: KmsError) => error.reason === 'OutputUnwritable' && error.message.includes('ENOENT'),
    );
  });
});
