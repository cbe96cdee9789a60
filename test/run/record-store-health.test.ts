// Faults of the store itself that runs notice in passing.
import assert from 'node:assert/strict';
import { ACCEPTED } from '../../src/notify/destination.js';
import type { RunContext } from '../../src/run/context.js';
import type { Store } from '../../src/store/store.js';
import { describeOnSqlite } from '../support/databases.js';
import { runNotifying } from '../support/notified-runs.js';
import { aDestination } from '../support/outbox.js';
import { openSuiteStore } from '../support/suite-store.js';
import { JANUARY } from '../support/store.js';

describeOnSqlite('a fault of the store', (database) => {
  const opened = openSuiteStore(database);

  for (const [what, reason, storeChanges, changes] of [
    ['a missing index', 'IndexMissing', { missingIndexes: ['kms_rotation_due'] }, {}],
    ['a store without an id', 'StoreWithoutId', { identity: { id: null, databaseName: 'db' } }, {}],
    [
      'a key encryption key that is not there',
      'KeyEncryptionKeyMissing',
      {},
      { serverKek: { uid: 'kek', mayBeRotated: false } },
    ],
    ['clocks that differ', 'ClocksApart', {}, { clockAheadSeconds: -90 }],
  ] as const satisfies readonly [string, string, Partial<Store>, Partial<RunContext>][]) {
    it(`is told of once, and once when it is over: ${what}`, async () => {
      const { store } = opened();
      const told: string[] = [];
      const destination = aDestination({
        accepts: ({ type }) => type === 'kms.condition',
        send: ({ events: [event] }) => {
          if (event?.type === 'kms.condition') {
            told.push(`${event.data.condition.telling} ${event.data.reason}`);
          }
          return Promise.resolve(ACCEPTED);
        },
      });
      const faulty = { ...store, ...storeChanges };
      await runNotifying(faulty, JANUARY, [destination], changes);
      await runNotifying(faulty, JANUARY + 60, [destination], changes);
      const [open] = await store.openConditions();
      assert.deepEqual([open?.kind, open?.reason, open?.failures], ['store-health', reason, 2]);
      await runNotifying(store, JANUARY + 120, [destination], { clockAheadSeconds: -60 });
      assert.deepEqual(await store.openConditions(), []);
      assert.deepEqual(told, [`new ${reason}`, `over ${reason}`]);
    });
  }
});
