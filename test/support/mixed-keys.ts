// Stores of keys of every kind that a run may meet, all of them due, and what makes them due again.
import { aKeyPair } from './pairs.js';
import { dateOf, aSymmetricKey, DAY, insertRows } from './store.js';
import { kindOf, sql } from './sql.js';

/** Long before now by whatever clock: the program under test goes by the real one. */
const LONG_AGO = 1_700_000_000;

/** Puts in keys that are due: plain ones, members of keysets, tagged ones, and ones granted to others. */
export async function insertMixedKeys(url: string, count: number): Promise<void> {
  const ofKind = (kind: string) =>
    Array.from({ length: Math.ceil(count / 4) }, (_, index) => `${kind}-${index}`);
  const key = (uid: string, keyset = false, tags: readonly string[] = []) =>
    aSymmetricKey(
      { uid, keyset, tags, initialDate: LONG_AGO, intervalSeconds: 30 * DAY, name: `${uid} name` },
      { UsageLimits: { UsageLimitsTotal: 993, UsageLimitsCount: 1000, UsageLimitsUnit: 'Object' } },
    );
  await insertRows(
    url,
    ofKind('plain').map((uid) => key(uid)),
  );
  await insertRows(
    url,
    ofKind('keyset').map((uid) => key(uid, true)),
  );
  await insertRows(
    url,
    ofKind('tagged').map((uid) => key(uid, false, ['env:prod', 'über'])),
    ['_kk', 'env:prod', 'über'],
  );
  const granted = ofKind('granted');
  await insertRows(
    url,
    granted.map((uid) => key(uid)),
  );
  const grants = granted.flatMap((uid) => [uid, 'bob@example.org', '["encrypt", "decrypt"]']);
  await sql(
    url,
    `INSERT INTO read_access (id, userid, permissions)
      VALUES ${granted.map(() => '(?, ?, ?)').join(', ')}`,
    ...grants,
  );
}

/** Puts in pairs that are due. */
export async function insertDuePairs(url: string, count: number): Promise<void> {
  const uids = Array.from({ length: count }, (_, index) => `pair-${index}`);
  const privateMembers = { InitialDate: dateOf(LONG_AGO) };
  const pairs = await Promise.all(uids.map((uid) => aKeyPair({ uid, privateMembers })));
  const halves = (half: 'privateKey' | 'publicKey') => pairs.map((pair) => pair[half].row);
  await insertRows(url, halves('privateKey'), ['_sk']);
  await insertRows(url, halves('publicKey'), ['_pk']);
}

/** Moves the dates of every object back, as if its interval had passed. */
export async function makeDueAgain(url: string): Promise<void> {
  const date = JSON.stringify(dateOf(LONG_AGO));
  const set = {
    sqlite: `json_replace(attributes, '$.RotateDate', json(?), '$.InitialDate', json(?))`,
    postgresql: `jsonb_set(jsonb_set(attributes, '{RotateDate}', ?::jsonb, false),
      '{InitialDate}', ?::jsonb, false)`,
    mysql: `JSON_REPLACE(attributes, '$.RotateDate', JSON_EXTRACT(?, '$'),
      '$.InitialDate', JSON_EXTRACT(?, '$'))`,
  }[kindOf(url)];
  await sql(url, `UPDATE objects SET attributes = ${set} WHERE state = 'Active'`, date, date);
}
