// Where the program runs: the default store, the bare environment of cron, pipes that close early. What a
// terminal shows is in terminal.test.ts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RUN_JS, runApart, runBinary, runOn } from '../support/binary.js';
import { errorOf, valid } from '../support/documents.js';
import { need } from '../support/left-out.js';
import { insertRows, newStorePath, rowsOf, sql, storeWith } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('the default store', () => {
  for (const argv of [
    ['init', '--yes'],
    ['key', 'create', 'k'],
  ]) {
    it(`is made under XDG_DATA_HOME by ${argv.join(' ')}, for its owner alone`, async () => {
      const data = join(temporaryFolder(), 'not', 'yet', 'there');
      const { code, stderr } = await runBinary(argv, { env: { XDG_DATA_HOME: data } });
      assert.equal(code, 0, stderr);
      assert.equal(modeOf(join(data, 'kms', 'kms.db')), '600');
      assert.equal(modeOf(join(data, 'kms')), '700');
    });
  }

  it('has files beside it that nobody else may read either', async () => {
    const env = { XDG_DATA_HOME: temporaryFolder() };
    await runBinary(['key', 'create', 'k', '--interval', '1s'], { env });
    await runBinary(['rotate', 'due'], { env });
    const folder = join(env.XDG_DATA_HOME, 'kms');
    for (const file of readdirSync(folder)) assert.equal(modeOf(join(folder, file)), '600', file);
  });

  it('stands under the home folder where XDG_DATA_HOME is not set', async () => {
    const home = temporaryFolder();
    const { code } = await runBinary(['key', 'create', 'k'], { env: { HOME: home } });
    assert.equal(code, 0);
    assert.ok(existsSync(join(home, '.local', 'share', 'kms', 'kms.db')));
  });

  it('is named on standard error by the command that makes it, and not again', async () => {
    const env = { XDG_DATA_HOME: temporaryFolder() };
    const first = await runBinary(['key', 'create', 'k'], { env });
    const path = join(env.XDG_DATA_HOME, 'kms', 'kms.db');
    assert.equal(first.stdout, 'k\n');
    assert.equal(first.stderr, `note: no database was named: made the key store sqlite:${path}\n`);
    const second = await runBinary(['key', 'create', 'l'], { env });
    assert.deepEqual([second.stdout, second.stderr], ['l\n', '']);
  });

  it('is not made by a command that only looks', async () => {
    const env = { XDG_DATA_HOME: temporaryFolder() };
    const { code, stdout } = await runBinary(['due', 'list', '--json'], { env });
    assert.equal(code, 3);
    const error = errorOf(stdout);
    assert.equal(error.reason, 'StoreNotFound');
    assert.match(error.hint ?? '', /kms init/);
    assert.deepEqual(readdirSync(env.XDG_DATA_HOME), []);
  });

  it('is not made where another store is named', async () => {
    const other = join(temporaryFolder(), 'other.db');
    const { code } = await runOn(other, ['key', 'create', 'k']);
    assert.equal(code, 3);
    assert.ok(!existsSync(other));
  });

  it('is named on standard error by a run that fell back to it', async () => {
    const env = { XDG_DATA_HOME: temporaryFolder() };
    const past = ['--initial-date', '2020-01-01', '--interval', '30d'];
    await runBinary(['key', 'create', 'k', ...past], { env });
    const { code, stdout, stderr } = await runBinary(['rotate', 'due'], { env });
    assert.equal(code, 0);
    assert.match(stdout, /1 rotated/);
    assert.match(stderr, /no database was named: used sqlite:.*kms\.db/);
    const again = await runBinary(['rotate', 'due'], { env });
    assert.deepEqual([again.code, again.stdout, again.stderr], [0, '', '']);
  });
});

describe('init --yes', () => {
  it('done twice, changes nothing the second time', async () => {
    const env = { XDG_DATA_HOME: temporaryFolder() };
    const first = await runBinary(['init', '--yes', '--json'], { env });
    const second = await runBinary(['init', '--yes', '--json'], { env });
    assert.deepEqual([first.code, second.code], [0, 0]);
    const document = valid('init', first.stdout);
    assert.equal(document.store, 'created');
    assert.deepEqual(valid('init', second.stdout), {
      ...document,
      store: 'adopted',
      doctor: { errors: 0, notes: 0, repaired: 0, left: 0 },
      migrations: [],
      indexes: [],
      auditHeads: [],
    });
  });

  it('done by several at once, makes one store', async () => {
    const env = { XDG_DATA_HOME: temporaryFolder() };
    const all = Array.from({ length: 4 }, () => runApart(['init', '--yes', '--json'], { env }));
    for (const { code, stdout } of await Promise.all(all)) {
      assert.equal(code, 0, stdout);
      valid('init', stdout);
    }
  }).timeout(60_000);
});

describe('a bare environment', () => {
  it('as of cron is enough', async () => {
    const store = await storeWith([aSymmetricKey()]);
    const command = [RUN_JS, 'rotate', 'due', '--database-url', `sqlite:${store}`];
    const { status, stdout, stderr } = spawnSync('env', ['-i', process.execPath, ...command], {
      cwd: '/',
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /1 rotated/);
    assert.equal(stderr, '');
    assert.equal(rowsOf(store).length, 2);
  });

  for (const [home, scheduler, ...options] of [
    ['/nonexistent', 'cron'],
    ['/', 'systemd'],
    ['', 'kubernetes', '--database-url', 'postgres://kms@db/kms'],
  ] as const) {
    it(`works for a user whom the system does not know, with the home "${home}"`, async function () {
      need(this, 'root', process.getuid?.() === 0);
      const user = 54_321;
      const store = await storeWith([aSymmetricKey()]);
      for (const path of [store, dirname(store)]) chownSync(path, user, user);
      const run = { user, cwd: '/', env: { HOME: home } };
      const { code, stderr } = await runOn(store, ['rotate', 'due'], run);
      assert.equal(code, 0, stderr);
      assert.deepEqual(sql(store, `SELECT os_user FROM kms_rotation_log WHERE uid <> ''`), [
        { os_user: `${user}` },
      ]);
      const schedule = await runOn(store, ['schedule', scheduler, ...options], run);
      assert.equal(schedule.code, 0, schedule.stderr);
    });
  }
});

describe('standard output that closes early', () => {
  it('ends a listing without an error', async () => {
    const store = await newStorePath();
    const keys = Array.from({ length: 1200 }, (_, index) => aSymmetricKey({ uid: `k-${index}` }));
    insertRows(store, keys);
    for (const format of ['', '--json']) {
      const line = `"${process.execPath}" "${RUN_JS}" key list ${format} | head -1; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', line], {
        env: { PATH: process.env['PATH'], KMS_DATABASE_URL: store, HOME: temporaryFolder() },
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      assert.match(stdout, format === '' ? /^UID .*\n0\n$/ : /^\{\n0\n$/);
    }
  });
});

describe('uids that are more than a name', () => {
  for (const uid of [
    'it\'s "quoted"',
    'a/b\\c',
    'two  blanks',
    '-dash',
    '--json',
    'ключ-😀',
    '$(id)',
  ]) {
    it(`pass through the shell unharmed: ${uid}`, async () => {
      const store = await newStorePath();
      const made = await runOn(store, ['key', 'create', '--interval', '1d', '--', uid]);
      assert.deepEqual([made.code, made.stdout, made.stderr], [0, `${uid}\n`, '']);
      const shown = await runOn(store, ['key', 'show', '--json', '--', uid]);
      assert.equal(shown.code, 0, shown.stdout);
      assert.equal(valid('key', shown.stdout).key.uid, uid);
      const rotated = await runOn(store, ['rotate', 'key', '--', uid]);
      assert.equal(rotated.code, 0, rotated.stdout);
      assert.ok(rotated.stdout.includes(uid.trimEnd()));
    });
  }
});

describe('help', () => {
  for (const argv of [['--help'], ['rotate', 'due', '--help'], ['key', '--help']]) {
    it(`is printed on standard output: ${argv.join(' ')}`, async () => {
      const { code, stdout } = await runBinary(argv);
      assert.equal(code, 0);
      assert.match(stdout, /USAGE/);
    });
  }
});
