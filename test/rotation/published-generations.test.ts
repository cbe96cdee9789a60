// Which generations are published: a table, newest first. `R` is retiring, `r` was replaced.
import assert from 'node:assert/strict';
import type { State } from '../../src/kmip/vocabulary.js';
import { publishedGenerations } from '../../src/rotation/published-generations.js';

type Row = readonly [state: State | readonly State[], marks?: 'r' | 'R'];

const generation = ([state, marks]: Row, place: number) => ({
  uid: String(place),
  states: typeof state === 'string' ? [state] : state,
  isReplaced: marks !== undefined,
  isRetiring: marks === 'R',
});

const CASES: readonly [what: string, rows: readonly Row[], plain: string, verify: string][] = [
  ['the head', [['Active']], '0 current', '0 current'],
  ['a head that is not Active yet', [['PreActive']], '0 current', '0 current'],
  [
    'a replaced one only to verify',
    [['Active'], ['Deactivated', 'r'], ['Deactivated', 'r']],
    '0 current',
    '0 current, 1 verifies, 2 verifies',
  ],
  [
    'all that retire',
    [['Active'], ['Active', 'R'], ['Active', 'R']],
    '0 current, 1 retiring, 2 retiring',
    '0 current, 1 retiring, 2 retiring',
  ],
  [
    'one that retires, but was deactivated, only to verify',
    [['Active'], ['Deactivated', 'R']],
    '0 current',
    '0 current, 1 verifies',
  ],
  [
    'nothing Compromised or Destroyed',
    [['Active'], ['Compromised', 'R'], ['Destroyed', 'r'], ['Destroyed_Compromised', 'r']],
    '0 current',
    '0 current',
  ],
  [
    'no pair of which one key is Compromised',
    [['Active'], [['Active', 'Compromised'], 'R'], [['Destroyed', 'Deactivated'], 'r']],
    '0 current',
    '0 current',
  ],
  [
    'what clients use until the head is Active',
    [['PreActive'], ['Active', 'r'], ['Active', 'r']],
    '0 current, 1 current',
    '0 current, 1 current, 2 verifies',
  ],
  ['no head that is Compromised', [['Compromised'], ['Active', 'R']], '1 retiring', '1 retiring'],
  ['a Deactivated head only to verify', [['Deactivated']], '', '0 verifies'],
  ['nothing of nothing', [], '', ''],
  [
    'the newest one that was not replaced as head',
    [['Active', 'r'], ['Active']],
    '1 current',
    '0 verifies, 1 current',
  ],
];

describe('publishedGenerations', () => {
  for (const [what, rows, plain, verify] of CASES) {
    it(`publishes ${what}`, () => {
      const generations = rows.map(generation);
      const shown = (asked: boolean) =>
        publishedGenerations(generations, { verifies: () => asked })
          .map(({ uid, because }) => `${uid} ${because}`)
          .join(', ');
      assert.deepEqual([shown(false), shown(true)], [plain, verify]);
    });
  }
});
