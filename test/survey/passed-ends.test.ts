// Which objects are found to be Active after their Deactivation Date; record-passed-ends.test.ts has what is recorded.
import assert from 'node:assert/strict';
import { endedByDate } from '../../src/survey/passed-ends.js';
import { describeOnSqlite } from '../support/databases.js';
import { aSymmetricKey, dateOf, DAY, insertRows, JANUARY } from '../support/store.js';
import { openSuiteStore } from '../support/suite-store.js';

describeOnSqlite('objects that are Active after their Deactivation Date', (database) => {
  const opened = openSuiteStore(database);

  it('are found from the longest ended on, and at most as many as are asked for, for which others take no room', async () => {
    const ended = (uid: string, days: number, members: object = {}) =>
      aSymmetricKey({ uid }, { DeactivationDate: dateOf(JANUARY + days * DAY), ...members });
    const link = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'a' };
    await insertRows(opened().url, [
      ...[ended('a', 3), ended('b', 1), ended('c', 2)],
      ended('replaced', 0, { Link: [link] }),
      ended('public', 0, { ObjectType: 'PublicKey' }),
      ended('in use', 99, { ProtectStopDate: dateOf(JANUARY) }),
    ]);
    const found: string[] = [];
    const limits = { now: JANUARY + 30 * DAY, most: 2 };
    for await (const { row } of endedByDate(opened().store, limits, { tags: [] })) {
      found.push(row.id);
    }
    assert.deepEqual(found, ['b', 'c']);
  });
});
