// Parsing the URLs of database servers.
import assert from 'node:assert/strict';
import { KmsError } from '../../../src/errors.js';
import { parseServerUrl } from '../../../src/store/connect/server-url.js';

describe('parseServerUrl', () => {
  for (const [url, expected] of [
    ['postgres://kms@db/kms', { user: 'kms', host: 'db', port: 5432, socket: null }],
    ['mariadb://kms:p%40@db:3310/kms', { password: 'p@', port: 3310 }],
    ['mysql://kms@db/%C3%A9', { database: 'é', port: 3306 }],
    ['postgres://kms@[::1]:5433/kms', { host: '::1', port: 5433 }],
    ['postgres://kms:p@/kms?host=/run/pg', { user: 'kms', password: 'p', socket: '/run/pg' }],
    ['postgres://kms@:5433/kms?host=/run/pg', { port: 5433, socket: '/run/pg' }],
    ['postgres:///kms?host=/run/pg', { user: '', socket: '/run/pg' }],
    ['postgres://kms@%2Frun%2Fpg/kms', { socket: '/run/pg' }],
    ['mysql://kms@localhost/kms?socket=/run/my.sock', { socket: '/run/my.sock' }],
  ] as const) {
    it(`parses ${url}`, () => {
      const { address } = parseServerUrl(url);
      assert.deepEqual({ ...address, ...expected }, address);
    });
  }

  for (const [url, names] of [
    ['postgres:kms', /not a URL/],
    ['postgres://kms:hunter2@db:port/kms', /not a URL/],
    ['postgres://kms@db', /names no database/],
    ['postgres://kms@db/', /names no database/],
    ['postgres://kms:100%@db/kms', /a % in it begins no escape/],
    ['postgres://kms@db/kms?sslmod=require', /the parameter sslmod is not supported/],
    ['postgres://kms@db/kms#?sslmode=verify-full', /a # in it would end it/],
    ['mysql://kms@db/kms#1?ssl-mode=VERIFY_IDENTITY', /a # in it would end it/],
    ['postgres://kms:hunter2#@db/kms', /a # in it would end it/],
    ['postgres://kms@db/kms?host=one&host=other', /more than one host or socket/],
    ['mysql://kms@db/kms?host=one&socket=/run/my.sock', /more than one host or socket/],
    ['postgres://kms@db/kms?SSLMODE=require', /the parameter SSLMODE is not supported/],
    ['mysql://kms@db/kms?ssl_mode=REQUIRED', /the parameter ssl_mode is not supported/],
    ['mysql://kms@db/kms?ssl=true', /the parameter ssl is not supported/],
    ['postgres://kms@db/kms?password=hunter2', /the parameter password is not supported/],
  ] as const) {
    it(`refuses ${url}`, () => {
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
