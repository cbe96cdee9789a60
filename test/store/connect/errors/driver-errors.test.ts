// What an error of a driver means, by its code.
import assert from 'node:assert/strict';
import { asStoreError } from '../../../../src/store/connect/errors/driver-errors.js';

describe('asStoreError', () => {
  for (const [code, reason] of [
    ['ECONNREFUSED', 'StoreUnreachable'],
    ['08006', 'StoreUnreachable'],
    ['ER_SERVER_SHUTDOWN', 'StoreUnreachable'],
    ['ER_LOCK_WAIT_TIMEOUT', 'StoreBusy'],
    ['ER_SIGNAL_EXCEPTION', 'StoreFailure'],
    ['ER_NO_SUCH_TABLE', 'StoreFailure'],
    ['42P01', 'StoreFailure'],
    ['SQLITE_ERROR', 'StoreFailure'],
  ] as const) {
    it(`takes ${code} for ${reason}`, () => {
      const failure = asStoreError(Object.assign(new Error('no'), { code }), 'a store');
      assert.equal((failure as { reason?: string }).reason, reason);
    });
  }

  // OpenSSL’s words, for which Node has no code.
  for (const [words, says] of [
    ['CA signature digest algorithm too weak', /signed by an algorithm that is broken/],
    ['unhandled critical extension', /critical extension that kms cannot check/],
    ['permitted subtree violation', /may not certify \(name constraints\)/],
    ['something new', /cannot be verified \(CERT_UNFIT\)/],
  ] as const) {
    it(`says in words that a certificate has "${words}"`, () => {
      const error = Object.assign(new Error(words), { code: 'UNSPECIFIED' });
      const failure = asStoreError(error, 'a store') as { reason?: string; message: string };
      assert.equal(failure.reason, 'StoreUnreachable');
      assert.match(failure.message, says);
    });
  }

  for (const [code, reason] of [
    ['EAI_AGAIN', 'StoreUnreachable'],
    ['EAI_FAIL', 'StoreUnreachable'],
    ['ER_ACCOUNT_HAS_BEEN_LOCKED', 'StoreAccountLocked'],
    ['ER_MUST_CHANGE_PASSWORD_LOGIN', 'StoreAccountLocked'],
    ['ER_USER_LIMIT_REACHED', 'StoreConnectionLimit'],
    ['53300', 'StoreConnectionLimit'],
    ['3D000', 'StoreDatabaseMissing'],
    ['28P01', 'StoreAccessDenied'],
    ['MYSQL_CLEAR_PASSWORD_NOT_ENABLED', 'StoreLoginUnsupported'],
  ] as const) {
    it(`takes ${code} for ${reason}, a login that failed`, () => {
      const failure = asStoreError(Object.assign(new Error('no'), { code }), 'a store');
      assert.equal((failure as { reason?: string }).reason, reason);
    });
  }

  it('returns what no database says unchanged', () => {
    const error = Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.equal(asStoreError(error, 'a store'), error);
  });
});
