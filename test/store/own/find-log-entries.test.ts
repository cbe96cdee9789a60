// The rotation log, the newest entry first, by filters.
import assert from 'node:assert/strict';
import { collect } from '../../../src/survey/survey.js';
import { describeOnSqlite } from '../../support/databases.js';
import { sql } from '../../support/sql.js';
import { newStorePath, withStore } from '../../support/store.js';

/** Enough to be looked through by several statements. */
const ROWS = 12_001;

describeOnSqlite('findLogEntries', (database) => {
  const storeWithRows = async () => {
    const url = await newStorePath(database);
    await sql(
      url,
      `INSERT INTO kms_rotation_log (run_id, at, duration_ms, host, os_user, version, uid, outcome)
        WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${ROWS})
        SELECT 'run', CASE WHEN i > 7000 THEN '2026-01-02' ELSE '2026-01-01' END, 1, 'h', 'u', '1', 'key-' || i,
          CASE WHEN i IN (1, 7000, ${ROWS}) THEN 'failed' ELSE 'rotated' END FROM numbers`,
    );
    return url;
  };

  it('finds a few among many, and tells how much it has looked through', async () => {
    await withStore(await storeWithRows(), async (store) => {
      const told: number[] = [];
      let total = 0;
      const pages = store.findLogEntries({ outcome: 'failed' }, (done, of) => {
        told.push(done);
        total = of;
      });
      const found = (await collect(pages)).flat();
      assert.deepEqual(
        found.map(({ uid }) => uid),
        [`key-${ROWS}`, 'key-7000', 'key-1'],
      );
      assert.ok(told.length > 1);
      assert.deepEqual(
        told,
        [...told].sort((a, b) => a - b),
      );
      assert.equal(told.at(-1), total);
    });
  });

  it('yields all since a moment, and nothing of an empty log', async () => {
    await withStore(await storeWithRows(), async (store) => {
      const found = (await collect(store.findLogEntries({ since: '2026-01-02' }))).flat();
      assert.deepEqual(
        [found.length, found[0]?.uid, found.at(-1)?.uid],
        [ROWS - 7000, `key-${ROWS}`, 'key-7001'],
      );
    });
    await withStore(await newStorePath(database), async (store) => {
      assert.deepEqual(await collect(store.findLogEntries({ outcome: 'failed' })), []);
    });
  });

  it('lets a signal through while it finds nothing', async () => {
    await withStore(await storeWithRows(), async (store) => {
      let signals = 0;
      const look = () => {
        signals += 1;
        timer = setImmediate(look);
      };
      let timer = setImmediate(look);
      assert.deepEqual(await collect(store.findLogEntries({ outcome: 'policy' })), []);
      clearImmediate(timer);
      assert.ok(signals > 1);
    });
  });
});
