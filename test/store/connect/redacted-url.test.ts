// The password of a database URL is never shown.
import assert from 'node:assert/strict';
import { redactedUrl } from '../../../src/store/connect/redacted-url.js';

describe('redactedUrl', () => {
  for (const [url, shown] of [
    ['sqlite:/var/lib/kms.db', 'sqlite:/var/lib/kms.db'],
    ['kms.db', 'kms.db'],
    ['postgres://kms:secret@db/kms', 'postgres://kms:***@db/kms'],
    ['postgres://kms@db/kms', 'postgres://kms@db/kms'],
    ['mysql://kms:s%40cret@db:3306/kms?ssl-ca=ca.pem', 'mysql://kms:***@db:3306/kms?ssl-ca=ca.pem'],
    ['postgres://kms@db/kms?password=secret', 'postgres://kms@db/kms?password=***'],
    ['postgres://kms:se@cret/with:odd@db:port/kms', 'postgres://kms:***@db:port/kms'],
  ] as const) {
    it(`shows ${url} as ${shown}`, () => {
      assert.equal(redactedUrl(url), shown);
    });
  }
});
