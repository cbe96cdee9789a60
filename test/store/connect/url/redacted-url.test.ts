// The password of a database URL is never shown.
import assert from 'node:assert/strict';
import { holdsPassword, redactedUrl } from '../../../../src/store/connect/url/redacted-url.js';

describe('redactedUrl', () => {
  for (const [url, shown] of [
    ['sqlite:/var/lib/kms.db', 'sqlite:/var/lib/kms.db'],
    ['kms.db', 'kms.db'],
    ['postgres://kms:secret@db/kms', 'postgres://kms:***@db/kms'],
    ['postgres://:secret@db/kms', 'postgres://:***@db/kms'],
    ['postgres://kms@db/kms', 'postgres://kms@db/kms'],
    ['postgres://kms:secret@a:1,[::1]:2/kms', 'postgres://kms:***@a:1,[::1]:2/kms'],
    ['postgres:///kms?host=/run/pg', 'postgres:///kms?host=/run/pg'],
    ['mysql://kms:s%40cret@db:3306/kms?ssl-ca=ca.pem', 'mysql://kms:***@db:3306/kms?ssl-ca=ca.pem'],
    ['postgres://kms:se@cr:e@db/kms', 'postgres://kms:***@db/kms'],
    ['"postgres://kms:secret@db/kms"', 'postgres://kms:***@db/kms'],
    [
      'postgres://db/kms?user=kms&password=secret&port=1',
      'postgres://db/kms?user=kms&password=***&port=1',
    ],
    ['postgres://db/kms?pass%77ord=secret', 'postgres://db/kms?pass%77ord=***'],
    [
      'mysql://kms@db/kms?ssl-client-identity=id.p12&ssl-client-identity-password=secret&ssl-mode=required',
      'mysql://kms@db/kms?ssl-client-identity=id.p12&ssl-client-identity-password=***&ssl-mode=required',
    ],
  ] as const) {
    it(`shows ${url} as ${shown}`, () => {
      assert.equal(redactedUrl(url), shown);
    });
  }

  for (const [url, shown] of [
    ['postgres://kms@db/kms?sslrootcert=/run/kms@1/ca.pem', 'postgres://***'],
    ['postgres://kms:1/secret@db/kms', 'postgres://***'],
    ['postgres://kms:se@cret/with:odd@db:port/kms', 'postgres://***'],
    ['MySQL://kms:secret@db:port/kms', 'MySQL://***'],
    ['jdbc:postgresql://kms:secret@db/kms', '***'],
    ['secret://kms@db/kms', '***'],
    ['kms:secret@db/kms', '***'],
    ['postgresql:/kms:secret@db/kms', '***'],
    ['host=db password=secret', '***'],
  ] as const) {
    it(`shows no more of ${url}, whose parts are not clear, than ${shown}`, () => {
      assert.equal(redactedUrl(url), shown);
    });
  }
});

describe('holdsPassword', () => {
  for (const [url, holds] of [
    ['postgres://kms:p@db/kms', true],
    ['postgres://db/kms?password=p', true],
    ['postgres://db/kms?sslkey=k&sslcert=c&sslpassword=p', true],
    ['postgres://kms@db/kms?sslrootcert=/run/kms@1/ca.pem', false],
    ['postgres://kms:@db/kms', false],
    ['sqlite:kms.db', false],
    ['kms.db', false],
  ] as const) {
    it(`says ${holds} of ${url}`, () => {
      assert.equal(holdsPassword(url), holds);
    });
  }
});
