// What is said of a connection before it is made: TLS that verifies nothing, and a password file that is passed over.
import assert from 'node:assert/strict';
import { connectionNotices } from '../../../src/store/connect/connection-notices.js';
import { temporaryFolder } from '../../support/temporary.js';

describe('connectionNotices', () => {
  for (const [url, env] of [
    ['postgres://kms@db/kms?sslmode=prefer', {}],
    ['postgres://kms@db/kms?sslmode=allow', {}],
    ['mysql://kms@db/kms?ssl_mode=PREFERRED', {}],
    ['postgres://kms@db/kms', { PGSSLMODE: 'prefer' }],
  ] as const) {
    it(`say that ${url} verifies nothing (${JSON.stringify(env)})`, () => {
      const [notice, ...others] = connectionNotices(url, env);
      assert.match(notice ?? '', /^(sslmode|ssl_mode|PGSSLMODE): .* not verified/);
      assert.deepEqual(others, []);
    });
  }

  it('name a password file that is ignored, where there is no other password', () => {
    const PGPASSFILE = temporaryFolder();
    const of = (url: string, env = {}) => connectionNotices(url, { PGPASSFILE, ...env });
    assert.deepEqual(of('postgres://kms@db/kms'), [
      `${PGPASSFILE} is passed over: it is not a plain file`,
    ]);
    assert.deepEqual(of('postgres://kms:p@db/kms'), []);
    assert.deepEqual(of('postgres://kms@db/kms', { PGPASSWORD: 'p' }), []);
    assert.deepEqual(of('mysql://kms@db/kms'), []);
  });

  it('are none for what is verified, for no TLS, and for a file', () => {
    for (const url of [
      'postgres://db/kms?sslmode=verify-full',
      'postgres://db/kms',
      'sqlite:kms.db',
    ]) {
      assert.deepEqual(connectionNotices(url, {}), []);
    }
  });
});
