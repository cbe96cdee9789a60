// Connecting to servers that ask for a password, by every way to give one, over TCP and unix sockets; and server defaults
// that our sessions override.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { loadConfig } from '../../../src/settings/config.js';
import { KmsError, type Reason } from '../../../src/errors.js';
import { withConnection } from '../../../src/store/connect/connect.js';
import { openStore } from '../../../src/store/open.js';
import { runOn } from '../../support/binary.js';
import { errorOf } from '../../support/documents.js';
import { describeEachOwnServer } from '../../support/own-servers.js';
import { runDue, runOne } from '../../support/run.js';
import { sql } from '../../support/sql.js';
import { adopt, insertRows, rowsOf, withStore } from '../../support/store.js';
import { aSymmetricKey, JANUARY } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';
import { created } from '../../support/log-entries.js';

/** Every character with a meaning in a URL. */
const PASSWORD = `p@s:s/w%rd?#&+ "é'\\`;

const OPTIONS = { mode: 'read', busyTimeoutMs: 1000 } as const;

const file = (text: string, mode = 0o600) => {
  const path = join(temporaryFolder(), 'secret');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

describeEachOwnServer('connecting', (server, name) => {
  const isPostgresql = name === 'postgresql';
  let store = '';

  before(async function () {
    this.timeout(60_000);
    store = await adopt(await server().create());
    await insertRows(store, [aSymmetricKey()]);
    if (isPostgresql) {
      const quoted = `'${PASSWORD.replaceAll("'", "''")}'`;
      await sql(store, `CREATE ROLE kms_password LOGIN PASSWORD ${quoted}`);
      await sql(store, 'GRANT ALL ON ALL TABLES IN SCHEMA public TO kms_password');
      await sql(store, 'GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO kms_password');
    } else {
      const quoted = `'${PASSWORD.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
      await sql(store, `CREATE USER kms_password@'%' IDENTIFIED BY ${quoted}`);
      await sql(store, `GRANT ALL ON ${new URL(store).pathname.slice(1)}.* TO kms_password@'%'`);
    }
  });

  const urlOf = (password = '') => {
    const { port } = server();
    const userinfo = `kms_password${password === '' ? '' : `:${encodeURIComponent(password)}`}`;
    return `${new URL(store).protocol}//${userinfo}@localhost:${port}${new URL(store).pathname}`;
  };
  const overSocket = (password: string) =>
    isPostgresql
      ? `${urlOf(password)}?host=${server().folder}`
      : `${urlOf(password)}?socket=${server().folder}/socket`;

  /** Opens the store that the environment names, as every command does. */
  const open = async (env: Record<string, string>) => {
    const { databaseUrl } = loadConfig({ flags: {}, env, cwd: temporaryFolder() });
    const store = await openStore(databaseUrl, OPTIONS);
    try {
      assert.equal((await store.load(['key-1'])).length, 1);
    } finally {
      await store.close();
    }
  };

  const assertOut = async (
    env: Record<string, string>,
    says: RegExp,
    reason = 'StoreAccessDenied',
  ) => {
    await assert.rejects(open(env), (error) => {
      assert.ok(error instanceof KmsError, String(error));
      assert.equal(error.reason, reason);
      assert.match(`${error.message}; ${error.hint ?? ''}`, says);
      return true;
    });
  };

  const assertRotates = async (uid: string, reason: Reason | null) => {
    const { results, error } = await runOne(urlOf(PASSWORD), uid, JANUARY);
    assert.equal(error?.reason ?? null, reason);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      reason === null ? ['rotated'] : [],
    );
  };

  it('takes the password from the URL, escaped, or from a file with the URL', async () => {
    await open({ KMS_DATABASE_URL: urlOf(PASSWORD) });
    await open({ KMS_DATABASE_URL_FILE: file(`${urlOf(PASSWORD)}\n`, 0o400) });
  });

  it('takes the password from a variable, a file of its own, or kms.toml', async () => {
    await open({ KMS_DATABASE_URL: urlOf(), KMS_DATABASE_PASSWORD: PASSWORD });
    const config = file(`[database]\nurl = "${urlOf()}"\n`);
    const secret = file(`${PASSWORD}\n`, 0o400);
    await open({ KMS_CONFIG: config, KMS_DATABASE_PASSWORD_FILE: secret });
    const both = file(`[database]\nurl = "${urlOf()}"\npassword = ${JSON.stringify(PASSWORD)}\n`);
    await open({ KMS_CONFIG: both });
  });

  it('refuses two passwords, as one would have to be ignored', async () => {
    const env = { KMS_DATABASE_URL: urlOf(PASSWORD), KMS_DATABASE_PASSWORD: PASSWORD };
    await assertOut(env, /has a password, and database\.password is set/, 'InvalidConfiguration');
  });

  it('fails with a wrong password, and without one', async () => {
    const wrong = `${PASSWORD}!`;
    await assertOut({ KMS_DATABASE_URL: urlOf(wrong) }, /user or its password/);
    await assertOut({ KMS_DATABASE_URL: urlOf() }, /password/);
  });

  const ACCOUNTS: readonly (readonly [what: string, reason: Reason, clause: string])[] =
    isPostgresql
      ? [
          ['may not log in', 'StoreAccountLocked', 'NOLOGIN'],
          ['has a password that is over', 'StoreAccessDenied', `VALID UNTIL '2020-01-01'`],
          ['has no connection left', 'StoreConnectionLimit', 'CONNECTION LIMIT 0'],
        ]
      : [
          ['is locked', 'StoreAccountLocked', 'ACCOUNT LOCK'],
          ['has a password that has expired', 'StoreAccountLocked', 'PASSWORD EXPIRE'],
          ['has no statement left', 'StoreConnectionLimit', 'WITH MAX_QUERIES_PER_HOUR 1'],
        ];
  for (const [what, reason, clause] of ACCOUNTS) {
    it(`says that an account ${what}, and ends`, async () => {
      const url = new URL(urlOf(PASSWORD));
      if (isPostgresql) {
        await sql(store, `ALTER ROLE kms_password ${clause}`);
      } else {
        url.username = 'kms_limited';
        url.password = 'x';
        await sql(store, `CREATE USER kms_limited@'%' IDENTIFIED BY 'x' ${clause}`);
        await sql(store, `GRANT ALL ON ${url.pathname.slice(1)}.* TO kms_limited@'%'`);
      }
      try {
        const { code, stdout } = await runOn(url.href, ['key', 'list', '--json']);
        assert.deepEqual([code, errorOf(stdout).reason], [3, reason]);
      } finally {
        await sql(
          store,
          isPostgresql
            ? `ALTER ROLE kms_password LOGIN CONNECTION LIMIT -1 VALID UNTIL 'infinity'`
            : `DROP USER kms_limited@'%'`,
        );
      }
    });
  }

  it('says that there is no such database', async () => {
    const none = new URL('/none', urlOf(PASSWORD)).href;
    const asRoot = none.replace(/kms_password:[^@]*/, 'root');
    for (const url of isPostgresql ? [none] : [none, asRoot]) {
      await assertOut(
        { KMS_DATABASE_URL: url },
        /no database of this name/,
        'StoreDatabaseMissing',
      );
    }
  });

  if (name === 'mariadb') {
    it('logs in by ed25519', async () => {
      await sql(store, `INSTALL SONAME 'auth_ed25519'`);
      await sql(
        store,
        `CREATE USER kms_ed25519@'%' IDENTIFIED VIA ed25519 USING PASSWORD('pass word')`,
      );
      await sql(store, `GRANT ALL ON ${new URL(store).pathname.slice(1)}.* TO kms_ed25519@'%'`);
      const url = new URL(urlOf());
      url.username = 'kms_ed25519';
      await open({ KMS_DATABASE_URL: url.href, KMS_DATABASE_PASSWORD: 'pass word' });
      await assertOut({ KMS_DATABASE_URL: url.href, KMS_DATABASE_PASSWORD: 'wrong' }, /refuses/);
    });
  }

  /** Two hosts that nobody listens at, and then the server. */
  const ofHosts = (attributes: string, last = `localhost:${server().port}`, password = PASSWORD) =>
    `${urlOf(password).replace(/@[^/]*/, `@127.0.0.1:1,[::1]:1,${last}`)}?target_session_attrs=${attributes}`;

  it('tries one host after the other, until one answers and has the session that is wanted', async () => {
    for (const attributes of ['any', 'read-write', 'primary', 'prefer-standby']) {
      await open({ KMS_DATABASE_URL: ofHosts(attributes) });
    }
    for (const attributes of ['read-only', 'standby']) {
      const says = /no host of the URL is of the kind/;
      await assertOut({ KMS_DATABASE_URL: ofHosts(attributes) }, says, 'StoreUnreachable');
    }
    const none = ofHosts('any', '127.0.0.1:2');
    await assertOut({ KMS_DATABASE_URL: none }, /ECONNREFUSED/, 'StoreUnreachable');
  });

  it('tries no further host where one refuses the login', async () => {
    const { port } = server();
    const next = createServer().listen(0, '127.0.0.1');
    await once(next, 'listening');
    let asked = 0;
    next.on('connection', (socket) => {
      asked += 1;
      socket.destroy();
    });
    const hosts = `localhost:${port},127.0.0.1:${(next.address() as AddressInfo).port}`;
    const none = (url: string) => url.replace(new URL(store).pathname, '/none');
    const outsider = (url: string) => url.replace('kms_password', 'kms_nobody');
    for (const url of [
      ofHosts('any', hosts, `${PASSWORD}!`),
      outsider(ofHosts('any', hosts)),
      none(ofHosts('any', hosts)),
    ]) {
      await assert.rejects(open({ KMS_DATABASE_URL: url }), { reason: /^Store(Access|Database)/ });
    }
    assert.equal(asked, 0);
    next.close();
  });

  it('connects by a unix socket', async () => {
    await open({ KMS_DATABASE_URL: overSocket(PASSWORD) });
    // The form without a host.
    await open({ KMS_DATABASE_URL: overSocket(PASSWORD).replace(/@localhost:/, '@:') });
    await assertOut({ KMS_DATABASE_URL: overSocket('wrong') }, /password/);
  });

  if (isPostgresql) {
    const variables = ['PGPASSWORD', 'PGPASSFILE'];
    afterEach(() => {
      for (const variable of variables) Reflect.deleteProperty(process.env, variable);
    });

    it('takes the password from PGPASSWORD, or the file that PGPASSFILE names', async () => {
      process.env['PGPASSWORD'] = PASSWORD;
      await open({ KMS_DATABASE_URL: urlOf() });
      Reflect.deleteProperty(process.env, 'PGPASSWORD');
      const escaped = PASSWORD.replace(/[\\:]/g, '\\$&');
      const line = (password: string) => `localhost:${server().port}:*:kms_password:${password}\n`;
      const env = { PGPASSFILE: file(line(escaped)) };
      const { code, stderr } = await runOn(urlOf(), ['key', 'list'], { env });
      assert.deepEqual([code, stderr], [0, '']);
      process.env['PGPASSFILE'] = file(line('wrong'));
      await assertOut({ KMS_DATABASE_URL: urlOf() }, /password/);
    });

    it('names a password file that is ignored, in each line of the log’s own format', async () => {
      for (const [PGPASSFILE, why] of [
        [file('*:*:*:*:x', 0o640), /others than its owner/],
        [temporaryFolder(), /not a plain file/],
      ] as const) {
        const argv = ['key', 'list', '--log-format', 'json', '--log-level', 'info'];
        const { code, stderr } = await runOn(urlOf(), argv, { env: { PGPASSFILE } });
        assert.equal(code, 3);
        const lines = stderr.trimEnd().split('\n');
        for (const text of lines) JSON.parse(text);
        assert.ok(
          lines.every((text) => text.includes(`${PGPASSFILE} is passed over`)),
          stderr,
        );
        assert.match(stderr, why);
        assert.equal(lines.length, 2, stderr);
      }
    });

    it('binds the login to TLS, and insists on that if it is asked to', async () => {
      const of = (query: string, user = 'kms_password') =>
        `${urlOf(PASSWORD).replace('kms_password', user)}?${query}`;
      const tls = 'sslmode=require&channel_binding';
      for (const binding of ['disable', 'prefer', 'require']) {
        await open({ KMS_DATABASE_URL: of(`${tls}=${binding}`) });
      }
      await open({ KMS_DATABASE_URL: of('channel_binding=prefer') });
      for (const unbound of [of('channel_binding=require'), of(`${tls}=require`, 'postgres')]) {
        const says = /does not bind the login/;
        await assertOut({ KMS_DATABASE_URL: unbound }, says, 'StoreLoginUnsupported');
      }
    });

    it('passes the name of the application and the server’s options on', async () => {
      const SHOWN = `SELECT current_setting('application_name') AS name, current_setting('statement_timeout') AS timeout`;
      const query = 'application_name=nightly&options=-c%20statement_timeout%3D77s';
      const url = `${urlOf(PASSWORD)}?${query}`;
      const { rows } = await withConnection(url, OPTIONS, ({ knex }) =>
        knex.raw<{ readonly rows: readonly object[] }>(SHOWN),
      );
      assert.deepEqual({ ...rows[0] }, { name: 'nightly', timeout: '77s' });
    });
  }

  it('never shows the password, and ends at once when the server refuses it', async () => {
    for (const url of [urlOf(`${PASSWORD}!`), urlOf()]) {
      const { code, stdout, stderr } = await runOn(url, ['key', 'list', '--json']);
      assert.equal(code, 3);
      assert.equal(errorOf(stdout).reason, 'StoreAccessDenied');
      for (const form of [PASSWORD, encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD)]) {
        assert.ok(!(stdout + stderr).includes(form), stdout + stderr);
      }
    }
  });

  const isolation = (level: string) =>
    isPostgresql
      ? `default_transaction_isolation = '${level.toLowerCase()}'`
      : `init_connect = 'SET SESSION TRANSACTION ISOLATION LEVEL ${level}'`;
  const DEFAULTS: readonly (readonly [what: string, settings: readonly string[]])[] = [
    ['makes transactions serializable', [isolation('SERIALIZABLE')]],
    ['gives transactions repeatable reads', [isolation('REPEATABLE READ')]],
    ...(isPostgresql
      ? ([
          ['reads backslashes in strings as escapes', ['standard_conforming_strings = off']],
          ['limits the time of statements', [`statement_timeout = '1h'`]],
        ] as const)
      : ([
          ['turns autocommit off', [`init_connect = 'SET autocommit = 0'`, 'autocommit = 0']],
          ['truncates what does not fit', [`sql_mode = ''`]],
          ['parses SQL differently', [`sql_mode = 'ANSI,HIGH_NOT_PRECEDENCE'`]],
          ['reads backslashes literally', [`sql_mode = 'NO_BACKSLASH_ESCAPES'`]],
          ['makes tables without transactions', [`default_storage_engine = 'MyISAM'`]],
        ] as const)),
  ];

  for (const [index, [what, settings]] of DEFAULTS.entries()) {
    it(`writes and commits on a server that ${what}`, async () => {
      const uid = `default-${index}`;
      const Comment = `back\\slash, 'quotes' and "quotes"`;
      await insertRows(store, [aSymmetricKey({ uid }, { Comment })]);
      const { length } = await rowsOf(store);
      const created = await server().create();
      await withDefaults(settings, async () => {
        await assertRotates(uid, null);
        await adopt(created);
      });
      const rows = await rowsOf(store);
      assert.equal(rows.length, length + 1);
      const comments = rows
        .filter((row) => row.id === uid || row.attributes.includes(`"${uid}"`))
        .map(({ attributes }) => (JSON.parse(attributes) as { Comment: string }).Comment);
      assert.deepEqual(comments, [Comment, Comment]);
      assert.equal((await runDue(created, JANUARY)).error, null);
    });
  }

  /** Changes a server's defaults, for every new session or for those of our user, while `use` runs. */
  async function withDefaults(settings: readonly string[], use: () => Promise<void>) {
    const alone = isPostgresql ? 'ALTER ROLE kms_password SET ' : 'SET GLOBAL ';
    const before: Record<string, unknown> = {};
    for (const setting of settings) {
      if (!isPostgresql) {
        const variable = setting.replace(/ =.*/, '');
        const [row] = await sql(store, `SELECT @@GLOBAL.${variable} AS value`);
        before[variable] = row?.['value'];
      }
      await sql(store, alone + setting);
    }
    try {
      await use();
    } finally {
      if (isPostgresql) await sql(store, 'ALTER ROLE kms_password RESET ALL');
      for (const [variable, value] of Object.entries(before)) {
        await sql(store, `SET GLOBAL ${variable} = ?`, value);
      }
    }
  }

  it('reports a server that is read-only, and writes nothing', async () => {
    const [on, off] = isPostgresql
      ? [
          'ALTER ROLE kms_password SET default_transaction_read_only = on',
          'ALTER ROLE kms_password RESET ALL',
        ]
      : ['SET GLOBAL read_only = ON', 'SET GLOBAL read_only = OFF'];
    await sql(store, on);
    try {
      const rows = await rowsOf(store);
      await open({ KMS_DATABASE_URL: urlOf(PASSWORD) });
      await open({ KMS_DATABASE_URL: ofHosts('read-only') });
      const says = /no host of the URL is of the kind/;
      await assertOut({ KMS_DATABASE_URL: ofHosts('read-write') }, says, 'StoreUnreachable');
      await assertRotates('key-1', 'StoreReadOnly');
      const creating = withStore(urlOf(PASSWORD), (opened) =>
        opened.create([{ row: aSymmetricKey({ uid: 'key-3' }), tags: [] }], created('key-3')),
      );
      await assert.rejects(creating, {
        name: 'KmsError',
        reason: 'StoreReadOnly',
        message: /server takes no writes: .*read_only/,
      });
      assert.deepEqual(await rowsOf(store), rows);
    } finally {
      await sql(store, off);
    }
  });
});
