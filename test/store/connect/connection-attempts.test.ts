// What is tried to connect: hosts in their order, and on each with and without TLS as sslmode says.
import assert from 'node:assert/strict';
import { connectionAttempts } from '../../../src/store/connect/connection-attempts.js';
import { parseServerUrl } from '../../../src/store/connect/url/server-url.js';

describe('connectionAttempts', () => {
  for (const [url, expected] of [
    ['postgres://a,b:2/kms', ['a:5432 plain', 'b:2 plain']],
    ['postgres://a,b/kms?sslmode=require', ['a:5432 TLS', 'b:5432 TLS']],
    [
      'postgres://a,b/kms?sslmode=prefer',
      ['a:5432 TLS', 'a:5432 plain', 'b:5432 TLS', 'b:5432 plain'],
    ],
    ['postgres://a/kms?sslmode=allow', ['a:5432 plain', 'a:5432 TLS']],
    [
      'postgres:///kms?host=/run/pg,a&sslmode=prefer',
      ['/run/pg:5432 plain', 'a:5432 TLS', 'a:5432 plain'],
    ],
    ['mysql://a/kms?ssl-mode=PREFERRED', ['a:3306 TLS', 'a:3306 plain']],
    ['mysql://a/kms?socket=/run/my.sock&ssl-mode=REQUIRED', ['a:3306 TLS']],
  ] as const) {
    it(`tries ${expected.join('; ')} for ${url}`, () => {
      const tried = connectionAttempts(parseServerUrl(url)).map(({ address, tls }) => {
        const way = tls === null ? 'plain' : 'TLS';
        return `${address.host}:${address.port} ${way}`;
      });
      assert.deepEqual(tried, expected);
    });
  }
});
