// What kms prune removes of the log leaves its chains whole: over random logs and prunes, on every database, and whatever is
// done to the rest is found all the same.
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { closeChains } from '../../../src/store/own/chain/close-chains.js';
import { pruneHistory } from '../../../src/store/own/prune-history.js';
import { checkPruned } from '../../../src/report/audit/check-pruned.js';
import { fileSource } from '../../../src/report/audit/file-source.js';
import { sealedLine, type SealedRow } from '../../../src/store/own/chain/sealed-row.js';
import type { Store } from '../../../src/store/store.js';
import { killedAtStatements } from '../../support/crash.js';
import { describeEachDatabase } from '../../support/databases.js';
import { tries } from '../../support/effort.js';
import { logged, WRITER } from '../../support/log-entries.js';
import { sql } from '../../support/sql.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  openForWriting,
  withStore,
} from '../../support/store.js';
import { suiteStore } from '../../support/suite-store.js';
import { temporaryFolder } from '../../support/temporary.js';
import { checkStoreLog } from '../../support/written-chains.js';

const NOW = JANUARY + 1000 * DAY;

/** A run: how old its rows are, which of them later runs need, and whether it was interrupted. */
const aRun = fc.record({
  ageDays: fc.integer({ min: 1, max: 900 }),
  rows: fc.array(fc.constantFrom('gone', 'gone', 'here'), { minLength: 1, maxLength: 5 }),
  isInterrupted: fc.boolean(),
});

const aPrune = fc.record({ olderThanDays: fc.integer({ min: 1, max: 900 }) });

const steps = fc.array(fc.oneof(aRun, aRun, aPrune), { minLength: 3, maxLength: 12 });

/** The second goes whole, and its opening named the first, which stays. */
const NAMED_BY_ONE_THAT_GOES = [
  { ageDays: 500, rows: ['here' as const], isInterrupted: false },
  { ageDays: 500, rows: ['gone' as const], isInterrupted: false },
  { ageDays: 1, rows: ['gone' as const], isInterrupted: false },
  { olderThanDays: 400 },
];

type Run = typeof aRun extends fc.Arbitrary<infer Value> ? Value : never;

describeEachDatabase('the log after kms prune', (database) => {
  const storeUrl = suiteStore(database);
  const folder = temporaryFolder();
  let files = 0;
  const interrupted: Store[] = [];
  const closeInterrupted = async () => {
    for (const store of interrupted.splice(0)) await store.close();
  };
  before(() => insertRows(storeUrl(), [aSymmetricKey({ uid: 'here' })]));
  afterEach(closeInterrupted);

  const write = async ({ ageDays, rows, isInterrupted }: Run) => {
    const store = await openForWriting(storeUrl());
    for (const uid of rows) {
      const outcome = uid === 'here' ? 'repaired' : 'mended';
      await store.writeOwnRows([logged(NOW - ageDays * DAY, { uid, outcome })]);
    }
    if (isInterrupted) interrupted.push(store);
    else await store.close();
  };
  const prune = async (olderThanDays: number, dryRun = false) => {
    const store = await openForWriting(storeUrl());
    const options = { now: NOW, olderThanSeconds: olderThanDays * DAY, dryRun, writer: WRITER };
    const file = join(folder, `${(files += 1)}.jsonl`);
    writeFileSync(file, '');
    const keep = (rows: readonly SealedRow[]) => {
      for (const row of rows) appendFileSync(file, `${sealedLine(row)}\n`);
    };
    const { log } = await store.pruneHistory({ ...options, keep });
    await store.close();
    const source = await fileSource(file);
    assert.equal(source.isOfPrune, source.confirmedRows > 0);
    const unkeyed = { keys: new Map(), publicKeys: new Map(), since: null };
    if (source.isOfPrune) {
      assert.deepEqual((await checkPruned(source, unkeyed)).findings.items, []);
    }
    return log;
  };
  const faults = async () => (await checkStoreLog(storeUrl())).findings.items;
  const emptied = async () => {
    await closeInterrupted();
    for (const table of ['kms_rotation_log', 'kms_rotation_chains']) {
      await sql(storeUrl(), `DELETE FROM ${table}`);
    }
  };

  it('is whole wherever a prune is killed, and the next one goes on', async function () {
    this.timeout(60_000);
    await emptied();
    for (const ageDays of [600, 500, 10]) {
      await write({ ageDays, rows: ['gone', 'here', 'gone'], isInterrupted: false });
    }
    await write({ ageDays: 500, rows: ['gone'], isInterrupted: false });
    await write({ ageDays: 10, rows: ['gone'], isInterrupted: false });
    const options = { now: NOW, olderThanSeconds: 400 * DAY, dryRun: false, writer: WRITER };
    const statements = await killedAtStatements(
      storeUrl(),
      async (connection) => {
        assert.deepEqual(await faults(), []);
        await pruneHistory(connection, options);
        await closeChains(connection);
      },
      database.name === 'sqlite' ? 1 : 5,
    );
    assert.ok(statements > 10, `${statements} statements`);
    assert.deepEqual(await faults(), []);
    const left = await sql(storeUrl(), "SELECT id FROM kms_rotation_log WHERE uid = 'gone'");
    assert.equal(left.length, 3);
  });

  it('is whole whatever was pruned, as often as that may be, and goes on', async function () {
    this.timeout(180_000);
    const few = database.name === 'sqlite' ? tries(5, 15, 500) : tries(2, 3, 50);
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        await emptied();
        for (const step of taken) {
          if ('rows' in step) await write(step);
          else {
            await withStore(storeUrl(), (store) => store.prune(NOW));
            const { removed } = await prune(step.olderThanDays, true);
            assert.equal((await prune(step.olderThanDays)).removed, removed);
          }
          assert.deepEqual(await faults(), []);
        }
        await closeInterrupted();
        assert.deepEqual(await faults(), []);
      }),
      { numRuns: few, examples: [[NAMED_BY_ONE_THAT_GOES]] },
    );
  });
});
