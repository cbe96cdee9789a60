// Re-Key compared with the server’s: our rows against those that it wrote for the same keys, member by
// member. Every difference that is allowed is named here, with the reason.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describeGolden, goldenCopy, goldenPath } from '../support/golden.js';
import { differences, viewOf, type View } from '../support/row-view.js';
import { runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import { adopt } from '../support/store.js';

/** 2026-02-20T08:00:00Z, when the server rotated. */
const NOW = 1_771_574_400;

/** Plain symmetric keys and keyset members that the server re-keyed. */
const PLAIN = [
  'aes256',
  'dated',
  'deactivated',
  'granted',
  'imported-aes',
  'keyset',
  'named',
  'offset-1d',
  'rotated-by-hand',
  'tagged',
  'usage-limits',
];

const ALWAYS = [
  // The server clears the rotation flags of a replaced key in the column only.
  'replaced.embedded.RotateGeneration',
  'replaced.embedded.RotateInterval',
  'replaced.embedded.RotateLatest',
  // The schedule goes on: the server leaves a manual rotation's replacement disarmed.
  'replacement.column.RotateInterval',
];

const BY_KEY: Readonly<Record<string, readonly string[]>> = {
  // Dates that lie ahead are shifted, those that are past dropped; the server drops or keeps them.
  dated: [
    ...['DeactivationDate', 'ProcessStartDate', 'ProtectStopDate'].flatMap((member) => [
      `replacement.column.${member}`,
      `replacement.embedded.${member}`,
    ]),
  ],
  // One that was no longer Active keeps its Deactivation Date.
  deactivated: ['replaced.column.DeactivationDate', 'replaced.embedded.DeactivationDate'],
  // Grants are carried over.
  granted: ['replacement.grants'],
  // User tags are carried over.
  'imported-aes': [
    'replacement.column.Attribute',
    'replacement.embedded.Attribute',
    'replacement.tags',
  ],
  tagged: ['replacement.column.Attribute', 'replacement.embedded.Attribute', 'replacement.tags'],
  // The offset is carried over.
  'offset-1d': ['replacement.column.RotateOffset'],
};

describeGolden('Re-Key of plain keys against the server (golden stores)', () => {
  const rotated = JSON.parse(readFileSync(goldenPath('rotated-sqlite.json'), 'utf8')) as Record<
    string,
    string
  >;
  let path = '';
  let rotatedByServer = '';
  before(async () => {
    path = await adopt(goldenCopy('store.sqlite'));
    rotatedByServer = goldenCopy('store-rotated.sqlite');
  });

  for (const uid of PLAIN) {
    it(`writes for ${uid} what the server writes, but for the named differences`, async () => {
      const report = await runOne(path, uid, NOW);
      const [result] = report.results;
      assert.equal(result?.outcome, 'rotated');
      const ours = await bothOf(path, uid, result.replacementUid ?? '');
      const theirs = await bothOf(rotatedByServer, uid, rotated[uid] ?? '');
      // One enrolled in a keyset says its generation in both copies already.
      const always = ALWAYS.filter(
        (name) => uid !== 'keyset' || name !== 'replaced.embedded.RotateGeneration',
      );
      const expected = [...always, ...(BY_KEY[uid] ?? [])].sort();
      assert.deepEqual(differences(ours, theirs), expected);
    });
  }

  it('carries every tag, grant and the owner over to the replacement', async () => {
    const store = await adopt(goldenCopy('store.sqlite'));
    for (const uid of ['tagged', 'granted', 'bob-key']) {
      const { results } = await runOne(store, uid, NOW);
      const replacement = results[0]?.replacementUid ?? '';
      for (const [table, columns] of [
        ['tags', 'tag'],
        ['read_access', 'userid, permissions'],
      ] as const) {
        const of = (id: string) =>
          sql(store, `SELECT ${columns} FROM ${table} WHERE id = ? ORDER BY 1`, id);
        assert.deepEqual(await of(replacement), await of(uid));
      }
      const owners = await sql(
        store,
        'SELECT DISTINCT owner FROM objects WHERE id IN (?, ?)',
        uid,
        replacement,
      );
      assert.equal(owners.length, 1);
    }
  });
});

function bothOf(url: string, replaced: string, replacement: string): Promise<View> {
  const names = { [replaced]: 'REPLACED', [replacement]: 'REPLACEMENT' };
  return viewOf(url, { replaced, replacement }, names);
}
