// `kms init`: makes a store or adopts one, and says which.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSyntaxError, parseToml } from '../../src/settings/toml/toml-document.js';
import Init from '../../src/commands/init.js';
import RotateDue from '../../src/commands/rotate/due.js';
import { writersLockedSeconds } from '../../src/store/prepare/lock-estimate.js';
import { runCommand, runJson } from '../support/command.js';
import { errorOf, valid } from '../support/documents.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { insertRows, newStorePath, rowsOf, sql } from '../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const newPath = () => join(temporaryFolder(), 'kms.db');

describe('kms init', () => {
  it('makes a store, and says what comes next', async () => {
    const path = newPath();
    const { exitCode, stdout } = await runCommand(Init, path, ['--yes']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /made a new key store: sqlite:.*kms\.db/);
    assert.match(stdout, /^next: kms key create NAME --keyset --interval 90d\n {6}kms due list$/m);
    const again = await runCommand(Init, path, ['--yes']);
    assert.match(again.stdout, /^next: kms due list$/m);
  });

  it('prints a document that fits its schema', async () => {
    const path = newPath();
    const first = await runJson(Init, path, ['--yes']);
    const { id, auditHeads } = first.document as { id: unknown; auditHeads: readonly unknown[] };
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.equal(auditHeads.length, 1);
    assert.deepEqual(valid('init', first.document), {
      schema: 'kms.init/v1',
      url: `sqlite:${path}`,
      store: 'created',
      ...{ id, label: `kms-${String(id).slice(0, 8)}` },
      migrations: [
        '001-rotation-log',
        '002-notifications',
        '003-store-id',
        '004-conditions',
        '005-options',
        '006-server-requests',
        '007-retiring',
        '008-log-chain',
      ],
      indexes: [
        ...[
          'kms_rotation_due',
          'kms_rotation_ends',
          'kms_rotation_usage',
          'kms_rotation_keyset',
          'kms_rotation_certificates',
        ],
        ...['kms_rotation_mislabelled', 'kms_rotation_foreign_links', 'kms_rotation_stopped'],
      ],
      ...{ sealedRows: 0, auditHeads },
      copy: null,
      configFile: null,
      doctor: null,
      nextRun: {
        ...{ due: 0, failing: 0, dueWithoutAutomatic: 0 },
        ...{ firstDeadline: 'offset', otherwiseByOtherRule: 0 },
      },
    });
  });

  it('ends with what the next run would do, by the rule that it saves, and rotates nothing', async () => {
    const path = await newStorePath();
    const later = JANUARY + 41 * DAY;
    const automatic = { RotateAutomatic: null };
    insertRows(path, [
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'due-too' }, automatic),
      aSymmetricKey({ uid: 'by-one-rule', offsetSeconds: 40 * DAY }, automatic),
      aSymmetricKey({ uid: 'later', intervalSeconds: 300 * DAY, offsetSeconds: DAY * 50 }),
      aSymmetricKey({ uid: 'unreadable' }, { RotateInterval: '30d' }),
      aSymmetricKey({ uid: 'replaced', offsetSeconds: DAY }, {}, { state: 'Deactivated' }),
      aSymmetricKey({ uid: 'off', offsetSeconds: DAY }, { RotateAutomatic: false }),
    ]);
    const rows = rowsOf(path);
    const nextRun = async (argv: readonly string[] = []) =>
      valid('init', (await runJson(Init, path, ['--yes', ...argv], later)).document).nextRun;
    const byOffset = {
      ...{ due: 3, failing: 1, dueWithoutAutomatic: 2 },
      ...{ firstDeadline: 'offset', otherwiseByOtherRule: 2 },
    };
    assert.deepEqual(await nextRun(), byOffset);
    const { stdout } = await runCommand(Init, path, ['--yes'], later);
    assert.match(stdout, /^3 keys are due now: .* kms init has rotated nothing$/m);
    assert.match(stdout, /^2 keys are due without Rotate Automatic: a server does not rotate/m);
    assert.match(stdout, /^1 key is overdue but cannot be rotated/m);
    assert.match(stdout, /^2 keys are .*rotation\.first_deadline decides: it is "offset", not/m);
    assert.match(stdout, /^next: kms due list\n {6}kms rotate due --max-keys 1\n$/m);
    assert.deepEqual(await nextRun(['--save', newPath(), '--first-deadline', 'offset+interval']), {
      ...{ due: 2, failing: 1, dueWithoutAutomatic: 1 },
      ...{ firstDeadline: 'offset+interval', otherwiseByOtherRule: 2 },
    });
    assert.deepEqual(rowsOf(path), rows);
  });

  it('copies a server’s store, and writes the settings to a file, with flags alone', async () => {
    const path = newPath();
    await runCommand(Init, path, ['--yes']);
    insertRows(path, [aSymmetricKey()]);
    await runCommand(Init, path, ['--remove', '--yes']);
    const [copy, file] = [newPath(), newPath()];
    const argv = [
      ...['--yes', '--copy', copy, '--save', file, '--first-deadline', 'offset+interval'],
      ...['--key-encryption-key', 'none'],
    ];
    const first = valid('init', (await runJson(Init, path, argv)).document);
    assert.deepEqual([first.copy, first.configFile], [copy, file]);
    assert.deepEqual(rowsOf(copy), rowsOf(path));
    const text = readFileSync(file, 'utf8');
    const document = parseToml(text);
    assert.ok(!isSyntaxError(document));
    assert.deepEqual(structuredClone(document.root), {
      database: { url: path },
      rotation: { first_deadline: 'offset+interval', key_encryption_key: 'none' },
    });
    await runCommand(Init, path, [...argv.slice(0, 1), ...argv.slice(3)]);
    assert.equal(readFileSync(file, 'utf8'), text);
  });

  it('copies a store that it prepared before as well, or fails', async () => {
    const path = newPath();
    await runCommand(Init, path, ['--yes']);
    insertRows(path, [aSymmetricKey()]);
    const copy = newPath();
    const argv = ['--yes', '--copy', copy];
    assert.equal(valid('init', (await runJson(Init, path, argv)).document).copy, copy);
    assert.deepEqual(rowsOf(copy), rowsOf(path));
    const again = await runCommand(Init, path, argv);
    assert.equal(again.exitCode, 2);
    assert.match(again.stderr, /already exists/);
  });

  it('says so if there was no store yet to copy', async () => {
    const copy = newPath();
    const { exitCode, stdout } = await runCommand(Init, newPath(), ['--yes', '--copy', copy]);
    assert.equal(exitCode, 0);
    assert.ok(stdout.includes(`made no copy ${copy}: there was no store yet`));
    assert.ok(!existsSync(copy));
  });

  it('leaves the store as it was if the file cannot be changed, or the copy not be made', async () => {
    const path = newPath();
    await runCommand(Init, path, ['--yes']);
    await runCommand(Init, path, ['--remove', '--yes']);
    const [taken, file] = [newPath(), newPath()];
    writeFileSync(taken, 'precious');
    writeFileSync(file, 'database = { password = "x" }\n');
    for (const argv of [
      ['--copy', taken],
      ['--save', file],
    ]) {
      assert.equal((await runCommand(Init, path, ['--yes', ...argv])).exitCode, 2);
      assert.deepEqual(sql(path, `SELECT name FROM sqlite_master WHERE name LIKE 'kms%'`), []);
    }
    assert.equal(readFileSync(taken, 'utf8'), 'precious');
  });

  it('says so when there was nothing left to do', async () => {
    const path = newPath();
    await runCommand(Init, path, ['--yes']);
    const { exitCode, stdout } = await runCommand(Init, path, ['--yes']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /found a key store/);
    assert.match(stdout, /were there already/);
  });

  it('says which index of an earlier version it replaced', async () => {
    const path = newPath();
    await runCommand(Init, path, ['--yes']);
    sql(path, 'DROP INDEX kms_rotation_due');
    sql(path, "CREATE INDEX kms_rotation_due ON objects (id) WHERE state = 'Active'");
    const { stdout } = await runCommand(Init, path, ['--yes']);
    assert.match(stdout, /tables were there already; built this index: kms_rotation_due$/m);
  });

  it('keeps nobody from writing for more than 4 seconds, unless it is told how long it may', async () => {
    const path = await newStorePath();
    await runCommand(Init, path, ['--remove', '--yes']);
    sql(
      path,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 56000)
        INSERT INTO objects (id, object, attributes, state, owner)
        SELECT 'object-' || i, '{}', '{}', 'Destroyed', 'admin' FROM n`,
    );
    const refusal = async (...argv: string[]) => {
      const { exitCode, document } = await runJson(Init, path, ['--yes', ...argv]);
      const { reason, message, hint = '' } = errorOf(document);
      assert.deepEqual([exitCode, reason], [3, 'StoreBusy']);
      assert.match(message, /keeps everybody else from writing for about \d+ s/);
      assert.deepEqual(sql(path, `SELECT name FROM sqlite_master WHERE name LIKE 'kms%'`), []);
      return /--lock-writers (\d+s)/.exec(hint)?.[1];
    };
    assert.equal(await refusal(), '5s');
    sql(path, 'DELETE FROM objects WHERE rowid > 14000');
    assert.equal(await refusal('--lock-writers', '1s'), '2s');
    assert.equal((await runCommand(Init, path, ['--yes', '--lock-writers', '2s'])).exitCode, 0);
    const again = { mode: 'read', busyTimeoutMs: 5000 } as const;
    assert.equal(await writersLockedSeconds(path, again), 0);
  });

  it('does nothing without --yes, and names the store that it would change', async () => {
    const path = newPath();
    const { exitCode, document } = await runJson(Init, path, []);
    assert.equal(exitCode, 2);
    const error = errorOf(document);
    assert.ok(error.message.includes(path));
    assert.match(error.hint ?? '', /--yes/);
  });

  it('prints the privileges that are needed, as a script, and connects to nothing', async () => {
    // Nobody listens there.
    const url = 'postgres://kms:hunter2@127.0.0.1:1/store';
    const { exitCode, stdout } = await runCommand(Init, url, ['--print-grants']);
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /^-- for kms init.*\nGRANT CONNECT ON DATABASE "store" TO "YOUR_KMS_USER";\n/,
    );
    assert.match(stdout, /\n-- for runs.*\n((GRANT|DO \$\$BEGIN) .*;\n)+$/);
    assert.ok(!stdout.includes('hunter2'));
  });

  it('prints those of one use', async () => {
    const url = 'postgres://127.0.0.1:1/store';
    const both = (await runCommand(Init, url, ['--print-grants'])).stdout;
    const of = async (use: string) =>
      (await runCommand(Init, url, ['--print-grants', '--for', use])).stdout;
    const [init, run] = [await of('init'), await of('run')];
    assert.match(init, /^-- for kms init(?![^]*-- for runs)/);
    assert.match(run, /^-- for runs(?![^]*-- for kms init)/);
    assert.equal(`${init}${run}`, both);
    const { document } = await runJson(Init, url, ['--print-grants', '--for', 'run']);
    const grants = valid('grants', document);
    assert.deepEqual([grants.init, grants.run.length > 0], [[], true]);
  });

  it('prints them for a user, as a document that fits its schema', async () => {
    const argv = ['--print-grants', '--grantee', 'ops'];
    const { document } = await runJson(Init, 'mysql://127.0.0.1:1/store', argv);
    const { dialect, grantee, run } = valid('grants', document);
    assert.deepEqual([dialect, grantee], ['mysql', 'ops']);
    assert.equal(run[0], "GRANT SELECT, INSERT, UPDATE ON `store`.`objects` TO 'ops'@'%';");
  });

  it('says of SQLite that the rights of the file are what counts, and makes none', async () => {
    const path = newPath();
    const { exitCode, stdout } = await runCommand(Init, path, ['--print-grants']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^-- SQLite has no users/);
    assert.ok(!existsSync(path));
  });
});

describe('kms init --remove', () => {
  let path: string;
  beforeEach(async () => {
    path = await newStorePath();
    insertRows(path, [aSymmetricKey()]);
    await runCommand(RotateDue, path, [], JANUARY + 365 * DAY);
  });

  it('takes away what init has added, the keys aside, and says what that was', async () => {
    const rows = rowsOf(path);
    const { exitCode, document } = await runJson(Init, path, ['--remove', '--yes']);
    assert.equal(exitCode, 0);
    const { removed, logEntries } = valid('remove', document);
    assert.equal(logEntries, 1);
    assert.ok(removed.includes('kms_rotation_log') && removed.includes('kms_rotation_due'));
    assert.deepEqual(sql(path, `SELECT name FROM sqlite_master WHERE name LIKE 'kms%'`), []);
    assert.deepEqual(rowsOf(path), rows);
    const next = await runCommand(RotateDue, path, []);
    assert.equal(next.exitCode, 3);
    assert.match(next.stderr, /kms init/);
  });

  it('says so when there was nothing', async () => {
    await runCommand(Init, path, ['--remove', '--yes']);
    const { exitCode, stdout } = await runCommand(Init, path, ['--remove']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /sqlite:.* has no tables or indexes of kms to remove/);
    const { document } = await runJson(Init, path, ['--remove']);
    assert.deepEqual(valid('remove', document).removed, []);
  });

  it('does nothing without --yes where nobody can be asked, and names what would be lost', async () => {
    const { exitCode, document } = await runJson(Init, path, ['--remove']);
    assert.equal(exitCode, 2);
    const error = errorOf(document);
    assert.ok(error.message.includes(path));
    assert.match(error.message, /rotation log with 1 entry/);
    assert.match(error.hint ?? '', /--yes/);
    assert.equal(sql(path, `SELECT * FROM kms_rotation_log WHERE uid <> ''`).length, 1);
  });

  it('makes no store where there is none', async () => {
    const absent = newPath();
    assert.equal((await runCommand(Init, absent, ['--remove', '--yes'])).exitCode, 3);
    assert.ok(!existsSync(absent));
  });
});

describeGolden('kms init on the store of a server', () => {
  it('adds tables and indexes of ours alone, and changes no row', async () => {
    const path = goldenCopy('store.sqlite');
    const rows = rowsOf(path);
    const names = () =>
      sql<{ name: string; sql: string }>(path, 'SELECT name, sql FROM sqlite_master');
    const theirs = names();
    const { exitCode, document } = await runJson(Init, path, ['--yes']);
    assert.equal(exitCode, 0);
    assert.equal(valid('init', document).store, 'adopted');
    assert.deepEqual(rowsOf(path), rows);
    const added = names().filter(({ name }) => !theirs.some((their) => their.name === name));
    assert.ok(added.length >= 3);
    for (const { name } of added) {
      assert.match(name, /^(kms_rotation_|sqlite_)/);
    }
    assert.deepEqual(
      names().filter(({ name }) => theirs.some((their) => their.name === name)),
      theirs,
    );
    await runCommand(Init, path, ['--remove', '--yes']);
    // That one is SQLite's own, and stays.
    assert.deepEqual(
      names().filter(({ name }) => name !== 'sqlite_sequence'),
      theirs,
    );
    assert.deepEqual(rowsOf(path), rows);
  });
});
