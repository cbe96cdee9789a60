// What an upgrade makes of the failures that the log holds.
import assert from 'node:assert/strict';
import { formatInstant } from '../../../../src/kmip/date-time.js';
import { initialise } from '../../../../src/store/prepare/initialise.js';
import { logRow } from '../../../../src/store/own/rotation-log.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { withoutChains } from '../../../support/earlier-store.js';
import { runNotifying } from '../../../support/notified-runs.js';
import { aDestination, entriesOf } from '../../../support/outbox.js';
import { sql } from '../../../support/sql.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  withStore,
} from '../../../support/store.js';

const NOW = JANUARY + 365 * DAY;

const logged = (uid: string, daysAgo: number, outcome: 'failed' | 'rotated') =>
  logRow({
    ...{ runId: 'run', host: 'host', osUser: 'user', version: '0', durationMs: 0 },
    ...{ uid, outcome, replacementUid: null, flow: null, at: formatInstant(NOW - daysAgo * DAY) },
    reason: outcome === 'failed' ? 'MalformedObject' : null,
    message: outcome === 'failed' ? 'it is no JSON' : null,
  });

describeEachDatabase('the conditions of an upgraded store', (database) => {
  it('are the failures since the last rotation, and nobody is told of them twice', async () => {
    const url = await newStorePath(database);
    await insertRows(url, [aSymmetricKey({ uid: 'bad' }, {}, { object: '{"SymmetricKey": {}}' })]);
    await withStore(url, (store) =>
      store.writeOwnRows([
        ...[9, 8].map((days) => logged('bad', days, 'failed')),
        logged('bad', 7, 'rotated'),
        ...[3, 2, 1].map((days) => logged('bad', days, 'failed')),
        logged('mended', 2, 'failed'),
        logged('mended', 1, 'rotated'),
        logged('long ago', 30, 'failed'),
      ]),
    );
    // As a version before this one left it.
    for (const table of ['conditions', 'runs']) await sql(url, `DROP TABLE kms_rotation_${table}`);
    for (const table of ['options', 'requests', 'retiring'])
      await sql(url, `DROP TABLE kms_rotation_${table}`);
    await withoutChains(url);
    await sql(url, `DELETE FROM kms_rotation_migrations WHERE name >= '004'`);
    const { migrations } = await initialise(url, { mode: 'write', busyTimeoutMs: 2000 });
    assert.equal(migrations[0], '004-conditions');
    await withStore(url, async (store) => {
      const taken = await store.openConditions();
      assert.deepEqual(
        taken.map(({ subject, failures, firstSeenAt, told }) => [
          subject,
          failures,
          firstSeenAt,
          told?.at,
        ]),
        [['bad', 3, NOW - 3 * DAY, NOW - DAY]],
      );
      await runNotifying(store, NOW - DAY + 900, [
        aDestination({ accepts: ({ type }) => type === 'kms.failed' }),
      ]);
    });
    assert.deepEqual(await entriesOf(url), []);
  });
});
