// The privileges that are printed: they suffice for all the work, and without any one of them kms says so and changes
// nothing.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { exitCodeOf, KmsError } from '../../../src/errors.js';
import { inspectStore } from '../../../src/setup/inspect-store.js';
import { foreseeNextRun } from '../../../src/setup/next-run.js';
import { grantsFor } from '../../../src/store/prepare/grants.js';
import { appliedMigrations } from '../../../src/store/own/migrations/migrate.js';
import { warningRow } from '../../../src/store/own/warnings.js';
import { initialise } from '../../../src/store/prepare/initialise.js';
import { findAdditions, removeAdditions } from '../../../src/store/prepare/additions.js';
import { describeEachDatabase } from '../../support/databases.js';
import { manualLiterals } from '../../support/examples.js';
import { storeStatus } from '../../../src/views/status/store-status.js';
import { runDue } from '../../support/run.js';
import { withoutChains } from '../../support/earlier-store.js';
import { insertDuePairs } from '../../support/mixed-keys.js';
import { failWrites } from '../../support/meddle.js';
import { sql } from '../../support/sql.js';
import { grow } from '../../support/wrapping/forest.js';
import { aPlant } from '../../support/wrapping/plant.js';
import { collect } from '../../../src/survey/survey.js';
import { logged, WRITER } from '../../support/log-entries.js';
import { aDestination, fill } from '../../support/outbox.js';
import { insertRows, newStorePath, rowsOf, withStore } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { runNotifying, warnAt } from '../../support/notified-runs.js';
import { valuesOf } from '../../support/values-of.js';

const TABLES = ['objects', 'tags', 'read_access', 'parameters'];
const LATER = JANUARY + 365 * DAY;
const EVERYTHING = {
  now: LATER + 3650 * DAY,
  olderThanSeconds: DAY,
  dryRun: false,
  writer: WRITER,
};
const AT_ONCE = { now: LATER, withinSeconds: 0, firstDeadline: 'offset' } as const;

describe('grantsFor', () => {
  it('quotes names as the database does', () => {
    const { run } = grantsFor('postgres://db/k%22ms', `o"'k`);
    assert.equal(run[0], `GRANT CONNECT ON DATABASE "k""ms" TO "o""'k";`);
    const { init } = grantsFor('postgres://db/kms', `o"'k`);
    assert.match(init.at(-1) ?? '', /'o"''k'/);
    const mysql = (grantee: string) => grantsFor('mysql://db/k`ms', grantee).run[3];
    assert.equal(mysql(`o'\\k`), "GRANT SELECT ON `k``ms`.`parameters` TO 'o\\'\\\\k'@'%';");
    assert.equal(mysql('k@10.%'), "GRANT SELECT ON `k``ms`.`parameters` TO 'k'@'10.%';");
  });

  it('quotes a block by what is not in it, whatever the name', () => {
    for (const grantee of ['k', 'k$$k', '$kms$', `$$$kms$$kmskms$`]) {
      for (const statement of grantsFor('postgres://db/kms', grantee).init.slice(1)) {
        const [, tag = '', body = ''] = /^DO (\$\w*\$)(.*)\$\w*\$;$/.exec(statement) ?? [];
        assert.ok(tag !== '' && !body.includes(tag) && body.includes(`'${grantee}'`), statement);
      }
    }
  });

  it('has none for SQLite, which has the rights of its file', () => {
    const none = { init: [], run: [], doctor: [], prune: [], read: [] };
    assert.deepEqual(grantsFor('sqlite:/kms.db', 'kms'), { dialect: 'sqlite', ...none });
  });

  for (const url of ['postgres://db/kms', 'mysql://db/kms']) {
    it(`is what kms-databases(7) shows for ${url}`, () => {
      const blocks = manualLiterals().map((text) =>
        text.split('\n').filter((line) => /^[A-Z]/.test(line)),
      );
      const { init, run } = grantsFor(url, 'kms');
      const shown = blocks.find((block) => block[0] === init[0]);
      assert.deepEqual(shown, [...init, ...run]);
    });
  }
});

describeEachDatabase('the privileges', (database) => {
  if (database.kind === 'sqlite') return;
  const isPostgresql = database.kind === 'postgresql';
  const suffix = randomBytes(4).toString('hex');
  const users = ['own', 'ini', 'run', 'oth'].map((name) => `kms_${name}_${suffix}`);
  const [owner, initUser, runUser, otherUser] = users;
  let store = '';

  const as = (user: string) => {
    const url = new URL(store);
    url.username = user;
    return url.href;
  };
  const execute = async (statements: readonly string[]) => {
    for (const statement of statements) await sql(store, statement);
  };
  const runGrants = () => grantsFor(store, runUser!).run;
  const run = () =>
    withStore(as(runUser!), (opened) => runNotifying(opened, LATER, [aDestination()]));

  /** One in each table that kms prune removes rows from. */
  const leaveOldRows = async () => {
    const warning = { uid: 'gone', kind: 'rotation', deadline: JANUARY, thresholdDays: 7 } as const;
    await sql(store, `DELETE FROM kms_rotation_warnings WHERE uid = 'gone'`);
    await withStore(store, async (opened) => {
      await fill(opened, 1);
      await opened.writeOwnRows([
        logged(JANUARY, { uid: 'gone', outcome: 'mended' }),
        warningRow(warning, { eventId: 'event', at: JANUARY }),
      ]);
    });
    await sql(store, `UPDATE kms_rotation_outbox SET state = 'sent', settled_at = 1`);
    await sql(
      store,
      `INSERT INTO kms_rotation_conditions (condition_key, id, kind, subject, about, reason, message,
        first_seen_at, last_seen_at, failures, resolved_at)
        VALUES (?, 'id', 'rotation-failed', 'gone', '{}', 'Undecidable', 'text', 1, 1, 1, 1)`,
      randomBytes(8).toString('hex'),
    );
  };

  before(async function () {
    this.timeout(60_000);
    store = await newStorePath(database);
    await removeAdditions(store, { mode: 'write', busyTimeoutMs: 2000 });
    const host = isPostgresql ? '' : `@'%'`;
    await execute(users.map((user) => `CREATE USER ${user}${host}`));
    if (!isPostgresql) return;
    // As strict as a database may be, with tables that another user owns.
    await execute([
      'REVOKE ALL ON SCHEMA public FROM PUBLIC',
      `REVOKE ALL ON DATABASE ${new URL(store).pathname.slice(1)} FROM PUBLIC`,
      `GRANT USAGE, CREATE ON SCHEMA public TO ${owner!}`,
      ...TABLES.map((table) => `ALTER TABLE ${table} OWNER TO ${owner!}`),
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${initUser!} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    ]);
  });

  after(async function () {
    this.timeout(60_000);
    if (store === '') return;
    const server = new URL(isPostgresql ? '/postgres' : '/', store).href;
    for (const user of users) await sql(server, `DROP USER ${user}${isPostgresql ? '' : `@'%'`}`);
  });

  it('for init suffice to prepare a server’s store, and to undo that', async () => {
    await execute(grantsFor(store, initUser!).init);
    const options = { mode: 'write', busyTimeoutMs: 2000 } as const;
    const done = await initialise(as(initUser!), options);
    assert.deepEqual([done.store, done.migrations.length > 0], ['adopted', true]);
    await initialise(as(initUser!), options);
    const seen = { now: LATER, withinSeconds: 0, firstDeadline: 'offset' } as const;
    assert.equal((await foreseeNextRun(as(initUser!), seen)).due, 0);
    const { names } = await removeAdditions(as(initUser!), options);
    assert.ok(names.length >= 6, names.join());
    assert.deepEqual((await findAdditions(store, options)).names, []);
    await initialise(as(initUser!), options);
  });

  it('for init are all needed, to prepare a store, to inspect it, and to undo that', async function () {
    this.timeout(120_000);
    const options = { mode: 'write', busyTimeoutMs: 2000 } as const;
    const { init } = grantsFor(store, initUser!);
    const granting = isPostgresql
      ? [...init.slice(0, -1), `GRANT ${owner!} TO ${initUser!};`]
      : init;
    await removeAdditions(store, options);
    // Otherwise the init user would get them from the owner.
    if (isPostgresql) await sql(store, `REVOKE USAGE, CREATE ON SCHEMA public FROM ${owner!}`);
    const work = async () => {
      await initialise(as(initUser!), options);
      await initialise(as(initUser!), options);
      await inspectStore(as(initUser!), LATER, options);
      await removeAdditions(as(initUser!), options);
    };
    for (const { statement, privilege, on, to } of granting.flatMap(single)) {
      if (isForClusters(on) || isForUpgrades(privilege, on)) continue;
      if (isForOutlook(privilege, on) || isForChains(privilege, on)) continue;
      const what = `${privilege} ${on}`;
      await sql(store, `REVOKE ${what} FROM ${to}`);
      const error = await work().then(() => null, asError);
      assert.match(error?.message ?? 'all is done', /privilege/, what);
      assert.equal(exitCodeOf(error), 3);
      await removeAdditions(store, options);
      await sql(store, statement);
    }
    await work();
    if (isPostgresql) await sql(store, `GRANT USAGE, CREATE ON SCHEMA public TO ${owner!}`);
    await initialise(as(initUser!), options);
  });

  if (isPostgresql) {
    it('on the functions of the indexes are granted to all, as everyone who writes computes them', async () => {
      for (const name of ['kms_rotation_deadline(jsonb)', 'kms_rotation_end(jsonb)']) {
        const [row] = await sql(
          store,
          `SELECT has_function_privilege('${owner!}', '${name}', 'EXECUTE') AS may`,
        );
        assert.equal(row?.['may'], true, name);
        // So that the tests below depend on the grant to the user of runs.
        await sql(store, `REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
      }
    });
  }

  if (isPostgresql) {
    it('are on the schema of the tables, whatever its name', async () => {
      const other = await newStorePath(database);
      const options = { mode: 'write', busyTimeoutMs: 2000 } as const;
      await removeAdditions(other, options);
      const name = new URL(other).pathname.slice(1);
      for (const statement of [
        'CREATE SCHEMA "Key ""store"',
        ...TABLES.map((table) => `ALTER TABLE ${table} SET SCHEMA "Key ""store"`),
        `ALTER DATABASE ${name} SET search_path TO "Key ""store"`,
        'DROP SCHEMA public CASCADE',
        ...TABLES.map((table) => `ALTER TABLE "Key ""store".${table} OWNER TO ${owner!}`),
      ]) {
        await sql(other, statement);
      }
      const url = (user: string) => Object.assign(new URL(other), { username: user }).href;
      for (const statement of grantsFor(other, initUser!).init) await sql(other, statement);
      assert.equal((await initialise(url(initUser!), options)).store, 'adopted');
      for (const statement of grantsFor(other, runUser!).run) await sql(other, statement);
      await insertRows(other, [aSymmetricKey()]);
      const { results } = await runDue(url(runUser!), LATER);
      assert.deepEqual(valuesOf(results, 'error', 'outcome'), [[null, 'rotated']]);
    });
  }

  if (isPostgresql) {
    it('never make anybody a member of a role with the rights of a superuser, and say what to do instead', async () => {
      const [boss, between] = [`kms_boss_${suffix}`, `kms_between_${suffix}`];
      await execute([
        `CREATE ROLE ${boss} SUPERUSER`,
        `CREATE ROLE ${between}`,
        `GRANT ${boss} TO ${between}`,
      ]);
      for (const superior of [boss, between]) {
        await sql(store, `ALTER TABLE objects OWNER TO ${superior}`);
        const notices = await noticesOf(store, grantsFor(store, runUser!).init.at(-1)!);
        assert.match(notices.join(), new RegExp(`${superior} is not granted.* run kms init as`));
      }
      await sql(store, `ALTER TABLE objects OWNER TO ${owner!}`);
      for (const role of [between, boss]) await sql(store, `DROP ROLE ${role}`);
      const members = `SELECT * FROM pg_auth_members WHERE member = '${runUser!}'::regrole`;
      assert.deepEqual(await sql(store, members), []);
    });
  }

  it('for runs suffice to rotate a key with tags, grants and a log entry', async () => {
    await execute(runGrants());
    await insertRows(store, [aSymmetricKey()], ['_kk', 'mine']);
    await sql(store, `INSERT INTO read_access VALUES ('key-1', 'someone', '["get"]')`);
    const { error, results, deliveries } = await run();
    assert.equal(error, null);
    assert.deepEqual([deliveries.accepted, deliveries.problems], [2, []]);
    assert.deepEqual(valuesOf(results, 'outcome'), ['rotated']);
    assert.equal((await sql(store, 'SELECT * FROM read_access')).length, 2);
    assert.equal((await sql(store, `SELECT * FROM kms_rotation_log WHERE uid <> ''`)).length, 1);
  });

  it('for runs suffice to tell which tables there are, and without that one it is said', async () => {
    const applied = () => appliedMigrations(as(runUser!), { mode: 'read', busyTimeoutMs: 2000 });
    assert.ok((await applied()).includes('004-conditions'));
    for (const { privilege, on, to } of runGrants().flatMap(single)) {
      if (!isForVersion(on)) continue;
      await sql(store, `REVOKE ${privilege} ${on} FROM ${to}`);
      await assert.rejects(applied(), /privilege/);
      await sql(store, `GRANT ${privilege} ${on} TO ${to}`);
    }
  });

  it('for runs suffice to re-wrap stale and other dependants, to rotate a pair, and to log what fails', async function () {
    this.timeout(60_000);
    const plants = [
      // Replaced by a server that did not re-wrap what it wraps, which is now a stale dependant.
      aPlant({ replaced: true }),
      aPlant({ kind: 'hmac', under: 1 }),
      // Due, as are its dependants, one of which names it only in its bytes.
      aPlant({ policy: 'due' }),
      aPlant({ kind: 'hmac', under: 3, policy: 'due' }),
      aPlant({ kind: 'hmac', under: 3, owner: 1, column: 'empty' }),
    ];
    await insertRows(store, grow(plants).rows);
    await insertDuePairs(store, 1);
    await insertRows(store, [aSymmetricKey({ uid: 'undecidable' }, { RotateInterval: '30d' })]);
    const { error, results, rewrappedDependants } = await runDue(as(runUser!), LATER);
    assert.equal(error, null);
    assert.deepEqual(valuesOf(rewrappedDependants, 'uid', 'outcome'), [['hmac-1', 'mended']]);
    const outcomes = results.map((result) => [
      result.uid,
      result.error?.reason ?? result.outcome,
      result.dependantsRewrapped,
    ]);
    assert.deepEqual(outcomes.sort(), [
      ['aes256-2', 'rotated', 2],
      ['hmac-3', 'rotated', 0],
      ['pair-0', 'rotated', 0],
      ['undecidable', 'Undecidable', 0],
    ]);
    const logged = await sql(store, `SELECT outcome FROM kms_rotation_log WHERE uid <> ''`);
    const count = (outcome: string) => logged.filter((row) => row['outcome'] === outcome).length;
    assert.deepEqual([count('mended'), count('failed')], [1, 1]);
    await sql(store, `DELETE FROM objects WHERE id = 'undecidable'`);
    const listed = await withStore(as(runUser!), (opened) =>
      collect(opened.findActiveCertificates({ tags: [] })),
    );
    assert.deepEqual(listed, []);
  });

  it('for runs suffice to tell a key that the database refuses from a store that accepts no writes', async () => {
    await insertRows(store, [aSymmetricKey({ uid: 'refused' })]);
    await failWrites(store, { event: 'UPDATE', table: 'objects', uid: 'refused' });
    const { error, results } = await run();
    assert.equal(error, null);
    assert.deepEqual(
      results.map((result) => [result.uid, result.error?.reason]),
      [['refused', 'RowRefused']],
    );
    await sql(store, `DROP TRIGGER crash${isPostgresql ? ' ON objects' : ''}`);
    await sql(store, `DELETE FROM objects WHERE id = 'refused'`);
  });

  it('for runs are all needed: without any one of them nothing is written, and exit code 3 says why', async function () {
    this.timeout(60_000);
    await insertRows(store, [aSymmetricKey({ uid: 'key-due' })], ['_kk', 'mine']);
    await sql(store, `INSERT INTO read_access VALUES ('key-due', 'someone', '["get"]')`);
    await sql(store, `INSERT INTO kms_rotation_options VALUES ('key-due', 86400, NULL)`);
    const rows = await rowsOf(store);
    for (const { privilege, on, to } of runGrants().flatMap(single)) {
      // Needed for the history, the version, the label, for warnings, and for sending what is committed.
      if (privilege === 'SELECT' && on.includes('kms_rotation_log')) continue;
      if (on.includes('kms_rotation_warnings') || isForSending(privilege, on)) continue;
      if (isForVersion(on) || on.includes('kms_rotation_store')) continue;
      if (isForRecording(privilege, on) || isForChains(privilege, on)) continue;
      // Needed through a server alone, and for doctor.
      if (on.includes('kms_rotation_requests')) continue;
      // Needed for overlaps alone.
      if (on.includes('kms_rotation_retiring') && privilege !== 'SELECT') continue;
      await sql(store, `REVOKE ${privilege} ${on} FROM ${to}`);
      const error = await run().then((report) => report.error, asError);
      assert.ok(error, `${privilege} ${on}`);
      assert.match(error.message, /privilege/, `${privilege} ${on}: ${error.message}`);
      assert.match(error.hint ?? '', /--print-grants/);
      assert.equal(exitCodeOf(error), 3);
      assert.deepEqual(await rowsOf(store), rows);
      await sql(store, `GRANT ${privilege} ${on} TO ${to}`);
    }
    assert.equal((await run()).error, null);
  });

  it('for sending are all needed: without one of them keys are rotated, and the run says why nothing was sent', async function () {
    this.timeout(60_000);
    for (const { privilege, on, to } of runGrants().flatMap(single)) {
      if (!isForSending(privilege, on)) continue;
      await sql(store, `REVOKE ${privilege} ${on} FROM ${to}`);
      const uid = `key-${privilege}`;
      await insertRows(store, [aSymmetricKey({ uid })]);
      const { error, results, deliveries } = await run();
      // What is read of the outbox is also pruned.
      assert.equal(error === null, privilege !== 'SELECT');
      assert.ok(results.some((result) => result.uid === uid && result.outcome === 'rotated'));
      assert.match(deliveries.problems[0]?.message ?? '', /privilege/);
      await sql(store, `GRANT ${privilege} ${on} TO ${to}`);
    }
  });

  it('for recording are all needed: without one of them keys are rotated, and exit code 3 says why', async function () {
    this.timeout(60_000);
    const bad = aSymmetricKey({ uid: 'bad' }, {}, { object: '{"SymmetricKey": {}}' });
    await insertRows(store, [bad]);
    for (const { privilege, on, to } of runGrants().flatMap(single)) {
      if (!isForRecording(privilege, on)) continue;
      await sql(store, 'DELETE FROM kms_rotation_conditions');
      if (privilege === 'UPDATE') await run();
      else if (privilege === 'DELETE') {
        await sql(store, `UPDATE kms_rotation_outbox SET state = 'sent', settled_at = 1`);
      } else await sql(store, 'DELETE FROM kms_rotation_runs');
      await sql(store, `REVOKE ${privilege} ${on} FROM ${to}`);
      const { error } = await run();
      assert.match(error?.message ?? '', /privilege/, `${privilege} ${on}`);
      assert.equal(exitCodeOf(error), 3);
      await sql(store, `GRANT ${privilege} ${on} TO ${to}`);
    }
    await sql(store, `DELETE FROM objects WHERE id = 'bad'`);
    assert.equal((await run()).error, null);
  });

  it('for warnings are all needed', async function () {
    this.timeout(60_000);
    await insertRows(store, [aSymmetricKey({ uid: 'near', intervalSeconds: 90 * DAY })]);
    const giving = () =>
      withStore(as(runUser!), (opened) => warnAt(opened, JANUARY + 85 * DAY, [aDestination()]));
    for (const { privilege, on, to } of runGrants().flatMap(single)) {
      if (!on.includes('kms_rotation_warnings')) continue;
      await sql(store, `REVOKE ${privilege} ${on} FROM ${to}`);
      await assert.rejects(giving(), /privilege/);
      await sql(store, `GRANT ${privilege} ${on} TO ${to}`);
    }
    assert.ok((await giving()).issued.some(({ uid }) => uid === 'near'));
  });

  for (const { use, work } of [
    {
      use: 'prune',
      work: async () => {
        await leaveOldRows();
        await withStore(as(otherUser!), (opened) => opened.pruneHistory(EVERYTHING));
      },
    },
    {
      use: 'read',
      work: async () => {
        await withStore(as(otherUser!), (opened) => storeStatus(opened, AT_ONCE), 'read');
        await withStore(as(otherUser!), (opened) => opened.findLogEntries({}).next(), 'read');
        await appliedMigrations(as(otherUser!), { mode: 'read', busyTimeoutMs: 2000 });
      },
    },
  ] as const) {
    it(`for kms init --print-grants --for ${use} suffice, and are all needed`, async function () {
      this.timeout(60_000);
      const granting = grantsFor(store, otherUser!)[use];
      await execute(granting);
      await work();
      for (const { privilege, on, to } of granting.flatMap(single)) {
        // Without it messages have another label for the store.
        if (on.includes('kms_rotation_store') || isForChains(privilege, on)) continue;
        const what = `${privilege} ${on}`;
        await sql(store, `REVOKE ${what} FROM ${to}`);
        const error = await work().then(() => null, asError);
        assert.match(error?.message ?? 'all is done', /privilege/, what);
        await sql(store, `GRANT ${what} TO ${to}`);
      }
      await work();
      for (const { privilege, on, to } of granting.flatMap(single)) {
        await sql(store, `REVOKE ${privilege} ${on} FROM ${to}`);
      }
    });
  }

  it('for runs do not let anybody delete from the log', async () => {
    await leaveOldRows();
    const pruning = withStore(as(runUser!), (opened) => opened.pruneHistory(EVERYTHING));
    await assert.rejects(pruning, /privilege/);
  });

  if (isPostgresql) {
    it('are carried to tables that an upgrade adds', async () => {
      await withoutChains(store);
      await sql(
        store,
        'DROP TABLE kms_rotation_store, kms_rotation_conditions, kms_rotation_runs, kms_rotation_options, kms_rotation_retiring, kms_rotation_requests',
      );
      await sql(store, `DELETE FROM kms_rotation_migrations WHERE name >= '003'`);
      const { identity } = await initialise(store, { mode: 'write', busyTimeoutMs: 2000 });
      const seen = await withStore(as(runUser!), (opened) => Promise.resolve(opened.identity));
      assert.deepEqual(seen, identity);
      const { deliveries, error } = await run();
      assert.deepEqual([error, deliveries.problems], [null, []]);
    });
  }
});

function isForSending(privilege: string, on: string): boolean {
  return on.includes('kms_rotation_outbox') && ['SELECT', 'UPDATE'].includes(privilege);
}

/** Of what runs record at their end. */
function isForRecording(privilege: string, on: string): boolean {
  if (on.includes('kms_rotation_runs')) return true;
  if (privilege === 'DELETE' && on.includes('kms_rotation_outbox')) return true;
  return on.includes('kms_rotation_conditions') && privilege !== 'SELECT';
}

/** Of the chains of the log, in which kms init seals the rows that are there. */
function isForChains(privilege: string, on: string): boolean {
  if (['CREATE', 'ALTER', 'DROP'].includes(privilege)) return false;
  if (on.includes('kms_rotation_chains')) return true;
  return on.includes('kms_rotation_log') && ['INSERT', 'UPDATE', 'USAGE'].includes(privilege);
}

/** An upgrade takes over what the log holds. */
function isForUpgrades(privilege: string, on: string): boolean {
  return on.includes('kms_rotation_conditions') && ['SELECT', 'INSERT'].includes(privilege);
}

/** By which init foresees the next run, and has doctor look. */
function isForOutlook(privilege: string, on: string): boolean {
  return privilege === 'SELECT' && /kms_rotation_(options|requests|retiring)/.test(on);
}

/** These servers are none. */
function isForClusters(on: string): boolean {
  return on.includes('kms_rotation_init');
}

function isForVersion(on: string): boolean {
  return on.includes('kms_rotation_migrations');
}

async function noticesOf(url: string, statement: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  const notices: string[] = [];
  client.on('notice', ({ message }) => notices.push(message ?? ''));
  await client.connect();
  await client.query(statement);
  await client.end();
  return notices;
}

function single(given: string) {
  // What the statement grants if the tables are in the schema public.
  const statement = given.replace(
    /^DO .*'GRANT (.*) ON SCHEMA %s TO %I', .*, '(.*)'\).*$/,
    'GRANT $1 ON SCHEMA public TO "$2";',
  );
  const [, privileges = '', on = '', to = ''] = /^GRANT (.+?) (?:(ON .*) )?TO (.*);$/.exec(
    statement,
  )!;
  return privileges.split(', ').map((privilege) => ({ statement, privilege, on, to }));
}

function asError(error: unknown): KmsError {
  if (error instanceof KmsError) return error;
  throw error;
}
