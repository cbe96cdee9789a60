// The command that dumps a server's database: what it says, by a table, and that it runs as it is printed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dumpCommand } from '../../../src/store/prepare/dump-command.js';
import { inspectDatabase } from '../../../src/store/prepare/inspect-database.js';
import { makeAuthority } from '../../support/certificates.js';
import { need } from '../../support/left-out.js';
import { describeEachOwnServer } from '../../support/own-servers.js';
import { adopt } from '../../support/store.js';
import { temporaryFolder } from '../../support/temporary.js';

const MYSQL =
  'mysqldump --set-gtid-purged=OFF --single-transaction --no-tablespaces --hex-blob --result-file=F';
const MARIADB = 'mariadb-dump --single-transaction --no-tablespaces --hex-blob --result-file=F';
const PG = 'pg_dump --format=custom --file=F --host=db --port=5432 --username=kms kms';
const AT_DB = '--host=db --port=3306';
const LOGIN = '--user=kms --password kms';

const UNKNOWN = { serverVersion: null, host: null };

describe('dumpCommand', () => {
  for (const [url, expected, version = null] of [
    ['mysql://kms:hunter2@db/kms', `${MYSQL} ${AT_DB} ${LOGIN}`],
    ['mariadb://kms:hunter2@db/kms', `${MARIADB} ${AT_DB} --skip-ssl ${LOGIN}`],
    // The server's word counts for more than the URL's.
    ['mysql://kms:hunter2@db/kms', `${MARIADB} ${AT_DB} --skip-ssl ${LOGIN}`, '11.4.2-MariaDB'],
    ['mariadb://kms:hunter2@db/kms', `${MYSQL} ${AT_DB} ${LOGIN}`, '9.7.4-2'],
    ['mysql://kms@db/kms', `${MYSQL} ${AT_DB} --user=kms kms`],
    ['mysql:///kms?socket=/run/mysqld.sock', `${MYSQL} --socket=/run/mysqld.sock kms`],
    ['mysql://localhost/kms', `${MYSQL} --protocol=TCP --host=localhost --port=3306 kms`],
    ['mysql://db/kms?ssl-mode=DISABLED', `${MYSQL} ${AT_DB} --ssl-mode=DISABLED kms`],
    ['mysql://db/kms?sslmode=allow', `${MYSQL} ${AT_DB} --ssl-mode=PREFERRED kms`],
    ['mysql://db/kms?ssl-mode=REQUIRED', `${MYSQL} ${AT_DB} --ssl-mode=REQUIRED kms`],
    [
      'mysql://db/kms?ssl-mode=VERIFY_CA&ssl-ca=/a b/ca.pem',
      `${MYSQL} ${AT_DB} --ssl-mode=VERIFY_CA '--ssl-ca=/a b/ca.pem' kms`,
    ],
    [
      'mysql://db/kms?ssl-ca=ca.pem&ssl-cert=c.pem&ssl-key=k.pem',
      `${MYSQL} ${AT_DB} --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem --ssl-cert=c.pem --ssl-key=k.pem kms`,
    ],
    [
      'mysql://db/kms?ssl-mode=REQUIRED&ssl-client-identity=i.p12&ssl-client-identity-password=hunter2',
      `${MYSQL} ${AT_DB} --ssl-mode=REQUIRED --ssl-cert=CERTIFICATE.pem --ssl-key=KEY.pem kms`,
    ],
    [
      'mariadb://db/kms?ssl-mode=REQUIRED',
      `${MARIADB} ${AT_DB} --ssl --skip-ssl-verify-server-cert kms`,
    ],
    [
      'mariadb://db/kms?sslmode=verify-ca&sslrootcert=ca.pem&sslcert=c.pem&sslkey=k.pem&sslpassword=hunter2',
      `${MARIADB} ${AT_DB} --ssl --ssl-ca=ca.pem --ssl-cert=c.pem --ssl-key=k.pem --ssl-verify-server-cert kms`,
    ],
    ['postgres://kms:hunter2@db/kms', PG],
    ['postgres://kms@db/kms?sslmode=disable', `PGSSLMODE=disable ${PG}`],
    [
      'postgres://kms@db/kms?sslrootcert=/a b/ca.pem&sslcert=c.pem&sslkey=k.pem&sslpassword=hunter2',
      `PGSSLMODE=verify-full PGSSLROOTCERT='/a b/ca.pem' PGSSLCERT=c.pem PGSSLKEY=k.pem ${PG}`,
    ],
    [
      'postgres://kms@a:1,b:2/kms?target_session_attrs=primary&channel_binding=require&options=-c%20a=b',
      `PGTARGETSESSIONATTRS=primary PGCHANNELBINDING=require PGOPTIONS='-c a=b' pg_dump --format=custom --file=F --host=a,b --port=1,2 --username=kms kms`,
    ],
    [
      "postgres://o'x@/kms?host=/run/pg",
      `pg_dump --format=custom --file=F --host=/run/pg --port=5432 '--username=o'\\''x' kms`,
    ],
  ] as const) {
    it(`of ${url}${version === null ? '' : `, on ${version}`}`, () => {
      assert.equal(dumpCommand(url, 'F', { serverVersion: version, host: null }), expected);
    });
  }

  for (const [url, expected] of [
    ['mysql://kms@a,b:4,c/kms', `${MYSQL} --host=b --port=4 --user=kms kms`],
    [
      'postgres://kms@a,b:4/kms?target_session_attrs=primary',
      PG.replace('db --port=5432', 'b --port=4'),
    ],
  ] as const) {
    it(`names the host that was reached, of ${url}`, () => {
      const host = { host: 'b', port: 4, socket: null };
      assert.equal(dumpCommand(url, 'F', { serverVersion: null, host }), expected);
    });
  }

  it('names the authorities of the host where the URL counts on them', () => {
    const url = 'mysql://db/kms?ssl-mode=VERIFY_IDENTITY';
    const named = process.env['SSL_CERT_FILE'];
    process.env['SSL_CERT_FILE'] = import.meta.filename;
    try {
      for (const more of ['', '&ssl-ca=system']) {
        const words = dumpCommand(`${url}${more}`, 'F', UNKNOWN).split(' ');
        assert.ok(words.includes(`--ssl-ca=${import.meta.filename}`));
      }
    } finally {
      if (named === undefined) delete process.env['SSL_CERT_FILE'];
      else process.env['SSL_CERT_FILE'] = named;
    }
  });
});

/** MySQL's own program is in no Debian, and MariaDB's of the same name lacks some of its options: the table checks those. */
const PROGRAMS = { postgresql: 'pg_dump', mariadb: 'mariadb-dump' } as const;

describeEachOwnServer('the printed command', (server, name) => {
  if (name === 'mysql') return;
  it('dumps the store over TLS as the URL asks for it', async function () {
    const program = PROGRAMS[name];
    need(this, program, existsSync(`/usr/bin/${program}`));
    const url = new URL(await adopt(await server().create()));
    url.searchParams.set('sslmode', 'verify-full');
    url.searchParams.set('sslrootcert', server().authority.cert);
    const options = { mode: 'read', busyTimeoutMs: 1000 } as const;
    // Nobody listens at the first host.
    const several = (one: URL) =>
      one.href.replace(`${one.hostname}:`, `127.0.0.1:1,${one.hostname}:`);
    const found = await inspectDatabase(several(url), options);
    const run = (one: URL) => {
      const file = join(temporaryFolder(), 'a dump');
      execFileSync('sh', ['-c', dumpCommand(several(one), file, found)], { stdio: 'pipe' });
      return file;
    };
    const file = run(url);
    assert.ok(statSync(file).size > 0);
    assert.ok(readFileSync(file, 'latin1').includes('kms_rotation_log'));
    const other = makeAuthority('another').cert;
    url.searchParams.set('sslrootcert', other);
    assert.throws(() => run(url), /certificate verify failed|self.signed|certificate/i);
  });
});
