// Wrapping keys and wrapped keys compared with the server’s: our rows against those that it wrote for the
// same keys and their dependants, member by member. Every difference that is allowed is named here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describeGolden, goldenCopy, goldenPath } from '../../support/golden.js';
import { differences, viewOf } from '../../support/row-view.js';
import { runOne } from '../../support/run.js';
import { sql } from '../../support/sql.js';
import { adopt } from '../../support/store.js';

/** 2026-02-20T08:00:00Z, when the server rotated. */
const NOW = 1_771_574_400;

/** In the order in which the server took them: wrapping keys first. */
const ROTATED = ['kek', 'kek-dep-due', 'kek-nested', 'kek-not-due-dep'];

/** What `kek` wraps, all of one owner. */
const DEPENDANTS = [
  ...['kek-dep-aad', 'kek-dep-aes', 'kek-dep-deactivated', 'kek-dep-gcm', 'kek-dep-kwp'],
  ...['kek-dep-rsa', 'kek-dep-rsa_pk', 'kek-dep-secret', 'vendor-wrapped'],
];

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  kek: [
    // The schedule goes on: the server leaves a manual rotation's replacement disarmed.
    'replacement.column.RotateInterval',
    // Grants are carried over.
    'replacement.grants',
    // The server clears the rotation flags of a replaced key in the column only.
    'replaced.embedded.RotateGeneration',
    'replaced.embedded.RotateInterval',
    'replaced.embedded.RotateLatest',
  ],
  'kek-dep-due': ['replacement.column.RotateInterval'],
  'kek-nested': ['replacement.column.RotateInterval'],
  'kek-not-due-dep': ['replacement.column.RotateInterval'],
  // Wrapped imports have no vendor attribute wrapping_key_id; the server adds one when it re-wraps them.
  'kek-dep-aad': ['dependant.column.Attribute'],
  'kek-dep-gcm': ['dependant.column.Attribute'],
  'kek-dep-kwp': ['dependant.column.Attribute'],
};

describeGolden('wrapping flows against the server (golden stores)', () => {
  const theirs = JSON.parse(readFileSync(goldenPath('rotated-sqlite.json'), 'utf8')) as Readonly<
    Record<string, string>
  >;
  const ours: Record<string, string> = {};
  let path = '';
  let rotatedByServer = '';
  before(async function () {
    this.timeout(120_000);
    path = await adopt(goldenCopy('store.sqlite'));
    rotatedByServer = goldenCopy('store-rotated.sqlite');
    for (const uid of ROTATED) {
      const [result] = (await runOne(path, uid, NOW)).results;
      assert.equal(result?.outcome, 'rotated', result?.error?.message);
      ours[uid] = result.replacementUid ?? '';
    }
  });

  const names = (replacements: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(replacements).map(([uid, to]) => [to, `REPLACEMENT ${uid}`]));

  for (const uid of ROTATED) {
    it(`writes for ${uid} what the server writes, but for the named differences`, async () => {
      const view = (url: string, replacements: Readonly<Record<string, string>>) =>
        viewOf(url, { replaced: uid, replacement: replacements[uid] ?? '' }, names(replacements));
      const found = differences(await view(path, ours), await view(rotatedByServer, theirs));
      assert.deepEqual(found, [...(ALLOWED[uid] ?? [])].sort());
    });
  }

  for (const dependant of DEPENDANTS) {
    it(`re-wraps ${dependant} as the server does, but for the named differences`, async () => {
      const view = (url: string, replacements: Readonly<Record<string, string>>) =>
        viewOf(url, { dependant }, names(replacements));
      const found = differences(await view(path, ours), await view(rotatedByServer, theirs));
      assert.deepEqual(found, ALLOWED[dependant] ?? []);
    });
  }

  it('moves the dependant of another owner and the nested one, which the server leaves behind', async () => {
    const wrappingKeyFromMaterial = async (uid: string) => {
      const [row] = await sql<{ wrapping_key_id: string }>(
        path,
        'SELECT wrapping_key_id FROM objects WHERE id = ?',
        uid,
      );
      return row?.wrapping_key_id;
    };
    assert.equal(await wrappingKeyFromMaterial('kek-dep-bob'), ours['kek']);
    assert.equal(await wrappingKeyFromMaterial('kek-nested-dep'), ours['kek-nested']);
    assert.equal(await wrappingKeyFromMaterial('kek-dep-destroyed'), 'kek');
  });
});
