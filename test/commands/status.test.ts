// `kms status`: what it shows of runs and failures, and what it answers.
import assert from 'node:assert/strict';
import Status from '../../src/commands/status.js';
import StatusShow from '../../src/commands/status/show.js';
import { runCommand, runJson } from '../support/command.js';
import { describeOnSqlite } from '../support/databases.js';
import { runNotifying } from '../support/notified-runs.js';
import { aDestination } from '../support/outbox.js';
import { runDue } from '../support/run.js';
import { schemaErrors } from '../support/schema.js';
import { sql } from '../support/sql.js';
import { suiteStore } from '../support/suite-store.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, withStore } from '../support/store.js';

const NOW = JANUARY + 365 * DAY;
const HOUR = 3600;

interface StatusDocument {
  readonly well: boolean;
  readonly due: number;
  readonly runs: readonly { readonly missing: boolean; readonly nextExpectedAt: string | null }[];
  readonly conditions: readonly {
    readonly uid: string;
    readonly failures: number;
    readonly nextTold: string | null;
    readonly resolution: string | null;
  }[];
  readonly tables: Readonly<Record<string, number>>;
}

describeOnSqlite('kms status', (database) => {
  const storeUrl = suiteStore(database);
  const statusAt = async (now: number) => {
    const { exitCode, document } = await runJson(Status, storeUrl(), [], now);
    assert.deepEqual([exitCode, schemaErrors('status', document)], [0, []]);
    return document as StatusDocument;
  };
  const answerAt = async (now: number) => {
    const { exitCode, stdout, stderr } = await runCommand(Status, storeUrl(), ['--check'], now);
    assert.equal(stdout + stderr, '');
    return exitCode;
  };
  const aBadKey = () => aSymmetricKey({ uid: 'bad' }, {}, { object: '{"SymmetricKey": {}}' });
  const failTwice = async () => {
    await insertRows(storeUrl(), [aBadKey()]);
    await withStore(storeUrl(), async (store) => {
      for (const now of [NOW, NOW + HOUR]) await runNotifying(store, now, [aDestination()]);
    });
  };

  it('answers that all is well where nothing fails, and changes nothing', async () => {
    assert.equal(await answerAt(NOW), 0);
    await insertRows(storeUrl(), [aSymmetricKey()]);
    const { well, due, conditions, tables } = await statusAt(NOW);
    assert.deepEqual([well, due, conditions], [true, 1, []]);
    assert.deepEqual(new Set(Object.values(tables)), new Set([0]));
  });

  it('lists what fails until it is rotated, and answers 1 as long', async () => {
    await failTwice();
    const { conditions, well } = await statusAt(NOW + 2 * HOUR);
    assert.deepEqual(
      conditions.map(({ uid, failures, nextTold }) => [uid, failures, nextTold]),
      [['bad', 2, '2027-01-11T08:00:00Z']],
    );
    assert.deepEqual([well, await answerAt(NOW + 2 * HOUR)], [false, 1]);
    const { stdout } = await runCommand(Status, storeUrl(), [], NOW + 2 * HOUR);
    assert.match(stdout, /bad {2}rotation-failed {2}for 1 h, 2 times, since 2027-01-10T08:00:00Z/);
    assert.match(stdout, /told 2 h ago, next in 22 h/);
    await sql(storeUrl(), 'UPDATE objects SET object = ?', aSymmetricKey({ uid: 'bad' }).object);
    await runDue(storeUrl(), NOW + 3 * HOUR);
    assert.equal(await answerAt(NOW + 3 * HOUR), 0);
    const { document } = await runJson(StatusShow, storeUrl(), ['bad'], NOW + 3 * HOUR);
    assert.deepEqual(schemaErrors('condition', document), []);
    assert.equal((document as StatusDocument).conditions[0]?.resolution, 'rotated');
  });

  it('answers 1 when no good run came for two cadences, of any scope by itself', async () => {
    await runDue(storeUrl(), NOW, { cadenceSeconds: HOUR });
    await runDue(storeUrl(), NOW, { filters: { tags: [], owner: 'ann' } });
    assert.deepEqual([await answerAt(NOW + 2 * HOUR), await answerAt(NOW + 2 * HOUR + 1)], [0, 1]);
    const { runs } = await statusAt(NOW + 3 * HOUR);
    assert.deepEqual(runs.map(({ missing }) => missing).sort(), [false, true]);
    const { stdout } = await runCommand(Status, storeUrl(), [], NOW + 3 * HOUR);
    assert.match(stdout, /no good run, though one is expected every 1h: the last 3 h ago/);
  });
});
