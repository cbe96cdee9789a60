// What doctor says of the store itself, and sets right of what kms init made.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { codesOf, doctor, fix } from '../support/doctor.js';
import { dropOurIndexes } from '../support/meddle.js';
import { sql } from '../support/sql.js';
import { newStorePath, storeWith, withStore } from '../support/store.js';
import { ALL, contextOf } from '../support/run.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { KmsError } from '../../src/errors.js';
import { UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import { rotateDue } from '../../src/run.js';
import { recordFailedRotations } from '../../src/run/record-conditions.js';
import type { DoctorOptions } from '../../src/doctor/doctor-context.js';
import { storeFindings } from '../../src/doctor/store-findings.js';
import { grantsFor } from '../../src/store/prepare/grants.js';

const fixed = (url: string) => fix(url);

describeOnSqlite('a store that has lost what a run had reported', (database) => {
  it('names the keys until they are rotated again, and repairs nothing', async () => {
    const url = await storeWith(database, [aSymmetricKey({ uid: 'lost' })]);
    await withStore(url, (store) =>
      recordFailedRotations(contextOf(store, JANUARY), [
        {
          uid: 'lost',
          flow: null,
          objectSummary: UNKNOWN_OBJECT,
          error: new KmsError('CommitLost', 'it is gone'),
        },
      ]),
    );
    const { exitCode, findings } = await doctor(url);
    assert.deepEqual([exitCode, findings.map(({ uids }) => uids)], [4, [['lost']]]);
    assert.deepEqual(codesOf(await fixed(url)), ['store lost: told']);
    await withStore(url, (store) => rotateDue(contextOf(store, JANUARY + 365 * DAY), ALL));
    assert.deepEqual(codesOf(await doctor(url, [], JANUARY + 366 * DAY)), []);
  });
});

describeEachDatabase('a store without what kms init made', (database) => {
  it('gets its indexes back, and a second --fix does nothing', async () => {
    const url = await newStorePath(database);
    await dropOurIndexes(url);
    const { exitCode, findings } = await doctor(url);
    assert.equal(exitCode, 0);
    assert.match(findings[0]?.message ?? '', /kms_rotation_due/);
    assert.deepEqual(codesOf(await fixed(url)), ['store : repaired']);
    assert.deepEqual(await withStore(url, (store) => Promise.resolve(store.missingIndexes)), []);
    assert.deepEqual(codesOf(await fixed(url)), []);
  });

  it('is freed of the lock that a killed kms init has left', async () => {
    const url = await newStorePath(database);
    await sql(url, 'UPDATE kms_rotation_migrations_lock SET is_locked = 1');
    assert.deepEqual(codesOf(await doctor(url)), ['store : would-repair']);
    assert.deepEqual(codesOf(await fixed(url)), ['store : repaired']);
    assert.deepEqual(codesOf(await fixed(url)), []);
  });

  it('is only looked at where our tables are outdated: --fix ends with 3', async () => {
    const url = await newStorePath(database);
    await sql(url, `DELETE FROM kms_rotation_migrations WHERE name = '003-store-id'`);
    const { exitCode, findings } = await doctor(url);
    assert.equal(exitCode, 0);
    assert.match(findings[0]?.repair ?? '', /kms init/);
    assert.equal((await fixed(url)).exitCode, 3);
  });

  if (database.kind === 'sqlite') return;
  it('is told which privilege a run lacks, as the statement that grants it', async () => {
    const url = await newStorePath(database);
    const user = `kms_doc_${randomBytes(4).toString('hex')}`;
    const account = database.kind === 'mysql' ? `${user}@'%'` : user;
    await sql(url, `CREATE USER ${account}`);
    try {
      const { run, doctor: more } = grantsFor(url, user);
      for (const statement of [...run, ...more]) await sql(url, statement);
      const asUser = Object.assign(new URL(url), { username: user }).href;
      assert.deepEqual(codesOf(await doctor(asUser)), []);
      for (const [revoked, grant] of [
        ['INSERT ON tags', /^GRANT INSERT ON .*tags/],
        [
          'USAGE ON SEQUENCE kms_rotation_outbox_id_seq',
          /^GRANT USAGE ON SEQUENCE .*kms_rotation_outbox_id_seq/,
        ],
      ] as const) {
        if (database.kind === 'mysql' && revoked.includes('SEQUENCE')) continue;
        await sql(url, `REVOKE ${revoked} FROM ${account}`);
        const { exitCode, findings } = await doctor(asUser);
        assert.equal(exitCode, 0);
        const statement = findings[0]?.repair.replace('nothing: ', '') ?? '';
        assert.match(statement, grant);
        await sql(url, statement);
        assert.deepEqual(codesOf(await doctor(asUser)), []);
      }
    } finally {
      if (database.kind === 'postgresql') await sql(url, `DROP OWNED BY ${account}`);
      await sql(url, `DROP USER ${account}`);
    }
  });
});

describeOnSqlite('a store that kms has never prepared', (database) => {
  it('is looked at, told that it lacks our tables, and not repaired', async () => {
    const url = await newStorePath(database);
    for (const table of ['log', 'outbox', 'warnings', 'store', 'migrations', 'migrations_lock']) {
      await sql(url, `DROP TABLE kms_rotation_${table}`);
    }
    const { exitCode, findings } = await doctor(url);
    assert.deepEqual([exitCode, codesOf({ findings })], [0, ['store : told']]);
    assert.equal((await fixed(url)).exitCode, 3);
  });
});

describeOnSqlite(
  'indexes that keep everybody else from writing while they are built',
  (database) => {
    it('are built if that takes no longer than is allowed, or somebody was asked', async () => {
      const url = await newStorePath(database);
      await dropOurIndexes(url);
      await withStore(url, async (real) => {
        const ownFaults = async () => ({ ...(await real.ownFaults()), lockedSeconds: 12 });
        const usual = { only: [], owner: undefined, minAgeSeconds: 3600, keep: [] };
        const of = async (more: Partial<DoctorOptions>, dryRun = false) => {
          const identity = { host: 'h', osUser: 'u', version: '1' };
          const context = { store: { ...real, ownFaults }, identity, runId: 'run' };
          const options = { ...usual, ...more };
          return (await storeFindings({ ...context, now: () => 0, options, dryRun }))[0];
        };
        const told = await of({});
        assert.equal(told?.action, null);
        assert.match(told.repair, /kms doctor --fix --yes --lock-writers 12s builds them$/);
        assert.equal((await of({ lockWritersSeconds: 11 }))?.action, null);
        for (const built of [
          await of({ lockWritersSeconds: 12 }),
          await of({ confirmed: new Set() }),
          await of({}, true),
        ]) {
          assert.equal(built?.action?.kind, 'own');
          assert.match(built.repair, /; nobody else can write for about 12 s$/);
        }
      });
    });
  },
);
