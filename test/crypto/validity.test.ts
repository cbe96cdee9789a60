// From when until when a certificate is valid, to the second.
import assert from 'node:assert/strict';
import { validityOf } from '../../src/crypto/validity.js';
import { KmsError } from '../../src/errors.js';
import { certificateDer } from '../support/certificate-rows.js';
import { DAY, JANUARY } from '../support/store.js';

describe('the validity of a certificate', () => {
  it('is read from its bytes, in UTC', () => {
    const validity = { notBefore: JANUARY - 1, notAfter: JANUARY + 200 * DAY + 59 };
    assert.deepEqual(validityOf(certificateDer(validity.notBefore, validity.notAfter)), validity);
  });

  it('is that of no other bytes', () => {
    for (const bytes of [[], [48, 0], [1, 2, 3]]) {
      assert.throws(
        () => validityOf(Buffer.from(bytes)),
        (error) => error instanceof KmsError && error.reason === 'MalformedObject',
      );
    }
  });
});
