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

  it('returns what no database says unchanged', () => {
    const error = Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.equal(asStoreError(error, 'a store'), error);
  });
});
