// Our indexes, made one after the other: an init that is stopped in between goes on where it was.
import assert from 'node:assert/strict';
import { INDEX_NAMES } from '../../../src/store/dialects/our-indexes.js';
import { createServerTables } from '../../../src/store/prepare/create-server-tables.js';
import { initialise } from '../../../src/store/prepare/initialise.js';
import { withConnection } from '../../../src/store/connect/connect.js';
import { describeEachDatabase } from '../../support/databases.js';
import { openSqlite, kindOf } from '../../support/sql.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;
const NAMES = Object.values(INDEX_NAMES);

describeEachDatabase('our indexes', (database) => {
  it('that were made before an init was stopped stay, and the next init makes the others', async () => {
    const url = await database.create();
    if (kindOf(url) === 'sqlite') openSqlite(url).close();
    await withConnection(url, OPTIONS, createServerTables);
    const begun: (readonly [number, number])[] = [];
    const stoppedAtThird = initialise(url, OPTIONS, null, ({ made, missing }) => {
      begun.push([made, missing.length]);
      if (made === 2) throw new Error('stopped');
    });
    await assert.rejects(stoppedAtThird);
    const { indexes } = await initialise(url, OPTIONS, null, ({ made, missing }) => {
      begun.push([made, missing.length]);
    });
    assert.deepEqual(indexes, NAMES.slice(2));
    const left = NAMES.slice(2).map((_, made) => [made, NAMES.length - 2]);
    assert.deepEqual(begun, [...[0, 1, 2].map((made) => [made, NAMES.length]), ...left]);
  });
});
