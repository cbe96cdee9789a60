// A database that will not write one key, by a limit on transactions, a constraint, or a row that somebody keeps:
// that key is failed, and every other one rotated. What keeps it from writing at all ends the run.
import assert from 'node:assert/strict';
import { exitCodeOfReport, type RunReport } from '../../src/report/run-report.js';
import { describeEachDatabase } from '../support/databases.js';
import { whileLocked } from '../support/hold.js';
import { failWrites, setAttributes } from '../support/meddle.js';
import { until } from '../support/poll.js';
import { describeEachPrivateServer } from '../support/private-servers.js';
import { runDue } from '../support/run.js';
import { sql, withBare } from '../support/sql.js';
import { adopt, insertRows, newStorePath, rowsOf } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant } from '../support/wrapping/plant.js';
import { valuesOf } from '../support/values-of.js';

const NOW = JANUARY + 41 * DAY;
const KEK = 'aes256-0';
const DEPENDANT = 'hmac-1';
const OTHERS = ['one', 'other'];

/** A wrapping key that is due, with so many dependants, and two keys that are due too. */
async function filled(url: string, dependants = 1): Promise<string> {
  const under = Array.from({ length: dependants }, () => aPlant({ kind: 'hmac', under: 1 }));
  const { rows } = grow([aPlant({ policy: 'due' }), ...under]);
  const others = OTHERS.map((uid) => aSymmetricKey({ uid }));
  await insertRows(url, [...rows, ...others]);
  return url;
}

/** After which another try may do. */
const RETRIED = ['RowLocked', 'TransactionCut'];

/** The wrapping key failed with nothing written, for this reason; the others did not. */
async function assertFailedAlone(url: string, report: RunReport, reason: string): Promise<void> {
  assert.equal(report.error, null);
  assert.deepEqual(
    Object.fromEntries(report.results.map((one) => [one.uid, one.error?.reason ?? one.outcome])),
    { [KEK]: reason, one: 'rotated', other: 'rotated' },
  );
  const error = report.results.find(({ uid }) => uid === KEK)?.error;
  assert.match(error?.hint ?? '', /nothing of it was written/);
  assert.equal(exitCodeOfReport(report), RETRIED.includes(reason) ? 3 : 4);
  const { underRetired, problems, objects } = await unwrapStore(url);
  assert.deepEqual({ underRetired, problems }, { underRetired: [], problems: [] });
  assert.equal(objects.get(KEK)?.state, 'Active');
  assert.equal(objects.get(KEK)?.replacementUid, null);
  const log = await sql(url, 'SELECT reason FROM kms_rotation_log WHERE uid = ?', KEK);
  assert.deepEqual(log, [{ reason }]);
}

async function assertRotatedLater(url: string, dependants = 1): Promise<void> {
  const before = await unwrapStore(url);
  const { results } = await runDue(url, NOW);
  assert.deepEqual(valuesOf(results, 'uid', 'outcome', 'dependantsRewrapped'), [
    [KEK, 'rotated', dependants],
  ]);
  const after = await unwrapStore(url);
  assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
}

describeEachDatabase('a key that the database refuses', (database) => {
  it('fails alone by a trigger or constraint on what it wraps, and is rotated once that is gone', async () => {
    const url = await filled(await newStorePath(database));
    await failWrites(url, { event: 'UPDATE', table: 'objects', uid: DEPENDANT });
    await assertFailedAlone(url, await runDue(url, NOW), 'RowRefused');
    await sql(url, `DROP TRIGGER crash${database.kind === 'postgresql' ? ' ON objects' : ''}`);
    await assertRotatedLater(url);
  });

  it('is reported where an object cannot be re-wrapped, and the run goes on', async () => {
    const url = await newStorePath(database);
    const { rows } = grow([
      aPlant({ replaced: true }),
      aPlant({ kind: 'hmac', under: 1 }),
      aPlant({ kind: 'hmac', under: 1 }),
    ]);
    await insertRows(url, [...rows, aSymmetricKey({ uid: 'one' })]);
    await failWrites(url, { event: 'UPDATE', table: 'objects', uid: 'hmac-1' });
    const { rewrappedDependants, results, error } = await runDue(url, NOW);
    assert.equal(error, null);
    assert.deepEqual(
      rewrappedDependants.map((one) => [one.uid, one.error?.reason ?? one.outcome]),
      [
        ['hmac-1', 'RowRefused'],
        ['hmac-2', 'mended'],
      ],
    );
    assert.deepEqual(valuesOf(results, 'uid', 'outcome'), [['one', 'rotated']]);
  });

  if (database.kind === 'sqlite') {
    it('fails alone by a value that is larger than the database can hold', async () => {
      const url = await filled(await newStorePath(database));
      await sql(
        url,
        `CREATE TRIGGER large BEFORE UPDATE ON objects WHEN new.id = '${DEPENDANT}'
          BEGIN SELECT length(zeroblob(2000000000)); END`,
      );
      await assertFailedAlone(url, await runDue(url, NOW), 'TransactionLimit');
    });
    return;
  }

  it('fails alone by a CHECK constraint', async () => {
    const url = await filled(await newStorePath(database));
    const check = `CHECK (NOT (id = '${KEK}' AND state = 'Deactivated'))`;
    await sql(url, `ALTER TABLE objects ADD CONSTRAINT odd ${check}`);
    await assertFailedAlone(url, await runDue(url, NOW), 'RowRefused');
    await sql(url, 'ALTER TABLE objects DROP CONSTRAINT odd');
    await assertRotatedLater(url);
  });

  it('fails alone while somebody keeps what it wraps locked, and is rotated after that', async function () {
    this.timeout(60_000);
    const url = await filled(await newStorePath(database));
    const report = await whileLocked(url, DEPENDANT, () => runDue(url, NOW));
    await assertFailedAlone(url, report, 'RowLocked');
    await assertRotatedLater(url);
  });

  it('ends the run where somebody keeps the whole table: StoreBusy', async function () {
    this.timeout(60_000);
    const url = await filled(await newStorePath(database));
    const before = await rowsOf(url);
    await withBare(url, async (bare) => {
      await bare.query('BEGIN');
      await bare.query(
        database.kind === 'postgresql'
          ? 'LOCK TABLE objects IN SHARE MODE'
          : 'LOCK TABLES objects READ',
      );
      const report = await runDue(url, NOW);
      assert.equal(report.error?.reason, 'StoreBusy');
      assert.deepEqual(report.results, []);
      assert.equal(exitCodeOfReport(report), 3);
    });
    assert.deepEqual(await rowsOf(url), before);
  });

  if (database.kind === 'mysql') return;

  it('fails alone if a statement for it takes longer than a role may', async () => {
    const url = await filled(await newStorePath(database));
    await sql(
      url,
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
        AS $$BEGIN PERFORM pg_sleep(60); RETURN NEW; END$$`,
    );
    await sql(
      url,
      `CREATE TRIGGER slow BEFORE UPDATE ON objects FOR EACH ROW
        WHEN (new.id = '${DEPENDANT}') EXECUTE FUNCTION slow()`,
    );
    const name = new URL(url).pathname.slice(1);
    await sql(url, `ALTER DATABASE ${name} SET statement_timeout = 500`);
    await assertFailedAlone(url, await runDue(url, NOW), 'TransactionLimit');
    await sql(url, 'DROP TRIGGER slow ON objects');
    await assertRotatedLater(url);
  });

  it('fails alone if its transaction is idle for longer than a role may', async function () {
    this.timeout(60_000);
    const url = await filled(await newStorePath(database), 300);
    const name = new URL(url).pathname.slice(1);
    await sql(url, `ALTER DATABASE ${name} SET idle_in_transaction_session_timeout = 1000`);
    const sessions = async () =>
      await sql(
        url,
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'kms' AND state LIKE 'idle in%'`,
      );
    let inside = false;
    const report = await runDue(url, NOW, {
      onDependants: () => (inside = true),
      stopRequested: async () => {
        if (inside)
          await until('the session is ended', async () => (await sessions()).length === 0);
        inside = false;
        return false;
      },
    });
    await assertFailedAlone(url, report, 'TransactionCut');
    await sql(url, `ALTER DATABASE ${name} RESET idle_in_transaction_session_timeout`);
    await assertRotatedLater(url, 300);
  });
});

describeEachPrivateServer('a key that a server’s own limits refuse', (server, name) => {
  if (name === 'postgresql') return;

  const restarted = async (settings: readonly string[]) => {
    await server().stop();
    await server().start(settings);
  };

  it('fails alone if its transaction does not fit into the binary log’s cache', async function () {
    this.timeout(120_000);
    const log = ['--log-bin', '--server-id=1', '--binlog-format=ROW'];
    const url = await filled(await adopt(await server().create()), 300);
    await restarted([...log, '--binlog-cache-size=32768', '--max-binlog-cache-size=65536']);
    await assertFailedAlone(url, await runDue(url, NOW), 'TransactionLimit');
    await restarted(log);
    await assertRotatedLater(url, 300);
  });

  it('fails alone if one of its rows does not fit into a packet', async function () {
    this.timeout(120_000);
    await restarted([]);
    const url = await filled(await adopt(await server().create()));
    await setAttributes(url, DEPENDANT, { Comment: 'x'.repeat(700_000) });
    await restarted(['--max-allowed-packet=1M']);
    await assertFailedAlone(url, await runDue(url, NOW), 'TransactionLimit');
    await restarted([]);
    await assertRotatedLater(url);
  });

  it('is rotated with whatever it wraps if each row fits into a packet', async function () {
    this.timeout(120_000);
    await restarted([]);
    const url = await filled(await adopt(await server().create()), 40);
    for (let number = 1; number <= 40; number += 1) {
      await setAttributes(url, `hmac-${number}`, { Comment: '"'.repeat(30_000) });
    }
    await restarted(['--max-allowed-packet=1M']);
    const { results } = await runDue(url, NOW);
    const kek = results.find(({ uid }) => uid === KEK);
    assert.deepEqual(
      [kek?.outcome, kek?.dependantsRewrapped],
      ['rotated', 40],
      kek?.error?.message,
    );
  });

  if (name === 'mysql') return;

  it('fails alone if a statement for it takes longer than a session may', async function () {
    this.timeout(120_000);
    await restarted([]);
    const url = await filled(await adopt(await server().create()));
    await sql(
      url,
      `CREATE TRIGGER slow BEFORE UPDATE ON objects FOR EACH ROW BEGIN
        IF new.id = '${DEPENDANT}' THEN SET @slept = SLEEP(60); END IF; END`,
    );
    await restarted(['--max-statement-time=1']);
    await assertFailedAlone(url, await runDue(url, NOW), 'TransactionLimit');
    await sql(url, 'DROP TRIGGER slow');
    await assertRotatedLater(url);
  });
});
