// Codes of errors whose own code says too little: the same code stands for something else elsewhere.
import assert from 'node:assert/strict';
import { errorCode } from '../../../../src/store/connect/errors/error-code.js';

const failing = (message: string, members: object) => Object.assign(new Error(message), members);

describe('errorCode', () => {
  for (const routine of ['ProcessInterrupts', 'ProcessRecoveryConflictInterrupt']) {
    it(`tells a query that a replica cancelled from a conflict of writers, in any language (${routine})`, () => {
      const message = 'storniere Anfrage wegen Konflikt mit der Wiederherstellung';
      assert.equal(errorCode(failing(message, { code: '40001', routine })), 'RECOVERY_CONFLICT');
    });
  }

  it('leaves 40001 of a conflict of writers as it is', () => {
    const error = failing('could not serialize access', { code: '40001', routine: 'ExecUpdate' });
    assert.equal(errorCode(error), '40001');
  });

  for (const [code, errno, message] of [
    ['ER_UNKNOWN_ERROR', 1105, 'COMMIT; - Maximum writeset size exceeded'],
    ['ER_ERROR_DURING_COMMIT', 1180, 'wsrep_max_ws_rows exceeded'],
  ] as const) {
    it(`reads the limit of a cluster on a transaction out of ${errno}`, () => {
      assert.equal(errorCode(failing(message, { code, errno })), 'ER_WRITESET_TOO_LARGE');
    });
  }
});
