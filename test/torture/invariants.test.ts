// The check that torture and the scenarios rely on must itself notice what a crash could leave behind.
import assert from 'node:assert/strict';
import { violations } from '../support/invariants.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { insertDuePairs, insertMixedKeys } from '../support/mixed-keys.js';
import { runDue } from '../support/run.js';
import { insertRows, newStorePath, sql } from '../support/sqlite.js';
import { adopt, aSymmetricKey } from '../support/store.js';
import { readStore, type Contents } from '../support/store-contents.js';

const NOW = 1_750_000_000;

async function rotatedStore(): Promise<{ readonly store: string; readonly before: Contents }> {
  const store = await newStorePath();
  await insertMixedKeys(store, 8);
  await insertDuePairs(store, 2);
  insertRows(store, [aSymmetricKey({ uid: 'other', intervalSeconds: null })]);
  const before = await readStore(store);
  await runDue(store, NOW);
  return { store, before };
}

const set = (path: string, value: string) =>
  `attributes = json_set(attributes, '${path}', ${value})`;
const embedded = '$.SymmetricKey.KeyBlock.KeyValue.Attributes';

/** What is done to a rotated store, and what must be said of it. */
const BROKEN: readonly (readonly [what: string, statement: string, says: RegExp])[] = [
  [
    'a replacement that is not there',
    `DELETE FROM objects WHERE id = 'keyset-0@1'`,
    /keyset-0 names keyset-0@1 as replacement, which does not link back/,
  ],
  [
    'a replaced key that is not retired',
    `UPDATE objects SET state = 'Active' WHERE id = 'keyset-0'`,
    /keyset-0 is replaced but Active/,
  ],
  [
    'a replaced key that lost its link',
    `UPDATE objects SET attributes = json_remove(attributes, '$.Link') WHERE id = 'keyset-0'`,
    /keyset-0 was changed but neither replaced nor re-wrapped/,
  ],
  [
    'an embedded copy that is not retired',
    `UPDATE objects SET object = json_set(object, '${embedded}.State', 'Active') WHERE id = 'keyset-0'`,
    /keyset-0 is retired by half/,
  ],
  [
    'a replacement that lost its link',
    `UPDATE objects SET attributes = json_remove(attributes, '$.Link') WHERE id = 'keyset-0@1'`,
    /keyset-0@1 is new but replaces nothing/,
  ],
  [
    'a second replacement',
    `INSERT INTO objects SELECT 'rival', object, attributes, state, owner, wrapping_key_id
      FROM objects WHERE id = 'keyset-0@1'`,
    /keyset-0 has two replacements/,
  ],
  [
    'the same bytes again',
    `UPDATE objects SET object = (SELECT object FROM objects WHERE id = 'keyset-0') WHERE id = 'keyset-0@1'`,
    /have the same bytes/,
  ],
  ['a missing key', `DELETE FROM objects WHERE id = 'other'`, /other is gone/],
  [
    'a key that was none of its business',
    `UPDATE objects SET ${set('$.Comment', `'x'`)} WHERE id = 'other'`,
    /other was changed but neither/,
  ],
  ['lost tags', `DELETE FROM tags WHERE id = 'keyset-0@1'`, /keyset-0@1 has other tags/],
  [
    'lost grants',
    `DELETE FROM read_access WHERE id NOT LIKE 'granted-_'`,
    /has other grants than granted-0/,
  ],
  [
    'tags of nobody',
    `INSERT INTO tags VALUES ('nobody', '_kk')`,
    /nobody has tags or grants but is not there/,
  ],
  [
    'a rotation that is not logged',
    `DELETE FROM kms_rotation_log WHERE uid = 'keyset-0'`,
    /keyset-0 → keyset-0@1 is not logged/,
  ],
  [
    'a rotation logged twice',
    `INSERT INTO kms_rotation_log (run_id, at, duration_ms, host, os_user, version, uid, replacement_uid, outcome)
      SELECT run_id, at, duration_ms, host, os_user, version, uid, replacement_uid, outcome
      FROM kms_rotation_log WHERE uid = 'keyset-0'`,
    /keyset-0 → keyset-0@1 is logged twice/,
  ],
  [
    'two latest members',
    `UPDATE objects SET ${set('$.RotateLatest', `json('true')`)} WHERE id = 'keyset-0'`,
    /the latest of keyset-0 is keyset-0,keyset-0@1/,
  ],
  [
    'another policy',
    `UPDATE objects SET ${set('$.RotateInterval', '5')} WHERE id = 'keyset-0@1'`,
    /keyset-0@1 has another RotateInterval/,
  ],
  [
    'a pair replaced by half',
    `UPDATE objects SET attributes = (SELECT attributes FROM objects WHERE id = 'granted-0')
      WHERE id = 'pair-0_pk'`,
    /pair-0_pk does not link to pair-0/,
  ],
  [
    'a public key whose replacement is that of another pair',
    `UPDATE objects SET attributes = replace(attributes, (SELECT id FROM objects WHERE id LIKE '%_pk'
      AND attributes LIKE '%"pair-0_pk"%' AND id <> 'pair-0_pk'), 'granted-0') WHERE id = 'pair-0_pk'`,
    /pair-0_pk by granted-0/,
  ],
  [
    'a wrapping key that is not there',
    `UPDATE objects SET wrapping_key_id = 'kek' WHERE id = 'other'`,
    /other was moved to kek/,
  ],
];

describe('what must hold of a store after runs', () => {
  it('holds after one that went well', async () => {
    const { store, before } = await rotatedStore();
    assert.deepEqual(violations(before, await readStore(store)), []);
  });

  for (const [what, statement, says] of BROKEN) {
    it(`notices ${what}`, async () => {
      const { store, before } = await rotatedStore();
      sql(store, statement);
      assert.match(violations(before, await readStore(store)).join('\n'), says);
    });
  }
});

describeGolden('what must hold of a store after runs, on golden stores', () => {
  it('holds, but for the two dependants that the server’s own rotation left behind', async () => {
    const leftBehind = async (file: string) => {
      const contents = await readStore(await adopt(goldenCopy(file)));
      return violations(contents, contents);
    };
    assert.deepEqual(await leftBehind('store.sqlite'), []);
    assert.deepEqual(await leftBehind('kek.sqlite'), []);
    assert.deepEqual(await leftBehind('store-rotated.sqlite'), [
      'kek-nested-dep is wrapped by kek-nested, which is Deactivated',
      'kek-dep-bob is wrapped by kek, which is Deactivated',
    ]);
  });
});
