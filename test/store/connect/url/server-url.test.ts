// Parsing the URLs of database servers.
import assert from 'node:assert/strict';
import { KmsError } from '../../../../src/errors.js';
import { serverUrlWithin } from '../../../../src/store/connect/url/postgresql-variables.js';
import { parseServerUrl } from '../../../../src/store/connect/url/server-url.js';

describe('parseServerUrl', () => {
  for (const [url, expected] of [
    ['postgres://kms@db/kms', { user: 'kms', host: 'db', port: 5432, socket: null }],
    ['POSTGRESQL://kms@db/kms', { user: 'kms', host: 'db' }],
    ['mariadb://kms:p%40@db:3310/kms', { password: 'p@', port: 3310 }],
    ['postgres://kms:p:@@db/kms', { user: 'kms', password: 'p:@', host: 'db' }],
    ['mysql://kms@db/%C3%A9', { database: 'é', port: 3306 }],
    ['postgres://kms@[::1]:5433/kms', { host: '::1', port: 5433 }],
    ['postgres://kms:p@/kms?host=/run/pg', { user: 'kms', password: 'p', socket: '/run/pg' }],
    ['postgres://kms@:5433/kms?host=/run/pg', { port: 5433, socket: '/run/pg' }],
    ['postgres:///kms?host=/run/pg', { user: '', socket: '/run/pg' }],
    ['postgres://kms@%2Frun%2Fpg/kms', { socket: '/run/pg' }],
    ['mysql://kms@localhost/kms?socket=/run/my.sock', { socket: '/run/my.sock' }],
    [
      'postgres://db?user=kms&password=p%26&dbname=k&port=1',
      { user: 'kms', password: 'p&', port: 1 },
    ],
  ] as const) {
    it(`parses ${url}`, () => {
      const { address } = parseServerUrl(url);
      assert.deepEqual({ ...address, ...expected }, address);
    });
  }

  for (const [url, expected] of [
    ['postgres://kms@a:1,b:2/kms', ['a:1', 'b:2']],
    ['postgres://kms@a,b:2,[::1],[fe80::2]:3/kms', ['a:5432', 'b:2', '::1:5432', 'fe80::2:3']],
    ['postgres://kms@/kms?host=a,b', ['a:5432', 'b:5432']],
    ['postgres://kms@/kms?host=a,b,::1&port=1,,3', ['a:1', 'b:5432', '::1:3']],
    ['postgres://kms@/kms?host=a,/run/pg&port=7', ['a:7', '/run/pg:7']],
    ['postgres://kms@:7/kms?host=a,b', ['a:7', 'b:7']],
    ['postgres://kms@a,%2Frun%2Fpg/kms', ['a:5432', '/run/pg:5432']],
    ['mysql://kms@a:1,b/kms', ['a:1', 'b:3306']],
    ['mariadb://kms@/kms?host=a,b&port=1,2', ['a:1', 'b:2']],
  ] as const) {
    it(`finds each host of ${url}, in order`, () => {
      const { hosts, address } = parseServerUrl(url);
      const found = hosts.map(({ host, port, socket }) => `${socket ?? host}:${port}`);
      assert.deepEqual(found, expected);
      assert.deepEqual({ ...address, ...hosts[0] }, address);
    });
  }

  it('reads what libpq’s parameters say of the session', () => {
    const of = (query: string) => {
      const parsed = parseServerUrl(`postgres://kms@db/kms${query}`);
      const { targetSessionAttributes, channelBinding, connectTimeoutSeconds } = parsed;
      const { applicationName, options } = parsed;
      return [
        targetSessionAttributes,
        channelBinding,
        connectTimeoutSeconds,
        applicationName,
        options,
      ];
    };
    assert.deepEqual(of(''), ['any', 'disable', null, null, null]);
    assert.deepEqual(
      of(
        '?target_session_attrs=read-write&channel_binding=require&connect_timeout=3&application_name=a%20b&options=-c%20x%3D1',
      ),
      ['read-write', 'require', 3, 'a b', '-c x=1'],
    );
  });

  for (const [url, names] of [
    ['postgres:kms', /not a URL/],
    ['postgres:/kms:hunter2@db/kms', /not a URL/],
    ['postgres://kms:hunter2@db:port/kms', /not a URL/],
    ['postgres://kms:hunter2@[db]/kms', /not a URL/],
    ['postgres://kms:hunter2@d b/kms', /not a URL/],
    ['postgres://kms:hunter2\n@db/kms', /control character/],
    ['postgres://kms:1/hunter2@db/kms', /it has an @ after its host/],
    ['postgres://kms:1?hunter2@db/kms', /a parameter is not supported/],
    ['postgres://kms:1/kms?a&hunter2@db/kms', /a parameter is not supported/],
    ['postgres://kms@db/kms?password=a&hunter2', /a parameter is not supported/],
    ['postgres://kms@db', /names no database/],
    ['postgres://kms@db/', /names no database/],
    ['postgres://kms@db/kms?dbname=kms', /names the dbname twice/],
    ['postgres://kms:hunter2@db/kms?password=hunter2', /names the password twice/],
    ['postgres://kms:100%@db/kms', /a % in it begins no escape/],
    ['postgres://kms@db/kms?sslmod=require', /the parameter sslmod is not supported/],
    ['postgres://kms@db/kms#?sslmode=verify-full', /a # in it would end it/],
    ['mysql://kms@db/kms#1?ssl-mode=VERIFY_IDENTITY', /a # in it would end it/],
    ['postgres://kms:hunter2#@db/kms', /a # in it would end it/],
    ['postgres://kms@db/kms?host=one&host=other', /more than one host or socket/],
    ['mysql://kms@db/kms?host=one&socket=/run/my.sock', /more than one host or socket/],
    ['postgres://kms@db/kms?SSLMODE=require', /the parameter SSLMODE is not supported/],
    ['mysql://kms@db/kms?ssl=true', /the parameter ssl is not supported/],
    ['mysql://kms@db/kms?password=hunter2', /a parameter is not supported/],
    ['mysql://kms@a,b/kms?socket=/run/my.sock', /several hosts and one socket/],
    ['postgres://kms@a,b,c/kms?port=1,2', /more or fewer ports than hosts/],
    ['postgres://kms@a:1/kms?port=1', /its ports twice/],
    ['postgres://kms@a:0/kms', /a port in it/],
    ['postgres://kms@a:65536/kms', /a port in it/],
    [
      'postgres://kms@a/kms?target_session_attrs=hunter2',
      /target_session_attrs has an unknown value/,
    ],
    ['postgres://kms@a/kms?channel_binding=hunter2', /channel_binding has an unknown value/],
    ['postgres://kms@a/kms?connect_timeout=0', /connect_timeout/],
    ['postgres://kms@a/kms?connect_timeout=601', /connect_timeout/],
    ['postgres://kms@a/kms?host=/run/pg&sslmode=require', /no TLS over a unix socket/],
  ] as const) {
    it(`refuses ${url}, without a word of it`, () => {
      assert.throws(
        () => parseServerUrl(url),
        (error) => {
          assert.ok(error instanceof KmsError);
          assert.equal(error.reason, 'InvalidConfiguration');
          assert.match(error.message, names);
          assert.ok(!`${error.message}${error.hint ?? ''}`.includes('hunter2'));
          return true;
        },
      );
    });
  }
});

describe('serverUrlWithin', () => {
  const VARIABLES = {
    PGHOST: 'elsewhere',
    PGHOSTADDR: '10.0.0.1',
    PGDATABASE: 'other',
    PGSERVICE: 'other',
    PGPORT: '6000',
    PGUSER: 'someone',
    PGPASSWORD: 'p',
    PGSSLMODE: 'verify-ca',
    PGAPPNAME: 'app',
    PGOPTIONS: '-c a=b',
    PGCONNECT_TIMEOUT: '4',
    PGTARGETSESSIONATTRS: 'primary',
    PGCHANNELBINDING: 'require',
  };

  it('fills the gaps of a PostgreSQL URL from libpq’s variables, but for host and database', () => {
    const { tls, ...found } = serverUrlWithin(VARIABLES, 'postgres://db/kms');
    assert.equal(tls.mode, 'verify-ca');
    assert.deepEqual(found, {
      dialectName: 'postgresql',
      hosts: [{ host: 'db', port: 6000, socket: null }],
      address: {
        host: 'db',
        port: 6000,
        socket: null,
        user: 'someone',
        password: 'p',
        database: 'kms',
      },
      targetSessionAttributes: 'primary',
      channelBinding: 'require',
      connectTimeoutSeconds: 4,
      applicationName: 'app',
      options: '-c a=b',
    });
    assert.throws(() => serverUrlWithin(VARIABLES, 'postgres://db'), /names no database/);
    assert.equal(serverUrlWithin(VARIABLES, 'postgres:///kms').address.host, 'localhost');
  });

  it('takes what the URL says before any variable, an empty one for none, and none for MySQL', () => {
    const asked = 'postgres://kms:q@db:1/kms?sslmode=require&application_name=mine';
    const { address, tls, applicationName } = serverUrlWithin(VARIABLES, asked);
    assert.deepEqual(
      [address.user, address.password, address.port, tls.mode, applicationName],
      ['kms', 'q', 1, 'require', 'mine'],
    );
    const empty = { PGPORT: '', PGSSLMODE: '', PGCONNECT_TIMEOUT: '0' };
    assert.equal(serverUrlWithin(empty, 'postgres://db/kms').address.port, 5432);
    assert.equal(serverUrlWithin(VARIABLES, 'mysql://db/kms').address.user, '');
  });

  it('names a variable that is of no use', () => {
    const env = { PGTARGETSESSIONATTRS: 'best' };
    assert.throws(
      () => serverUrlWithin(env, 'postgres://db/kms'),
      /PGTARGETSESSIONATTRS has an unknown value/,
    );
  });
});
