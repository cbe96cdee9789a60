import assert from 'node:assert/strict';
import { withServersCode } from '../../../../src/store/connect/errors/mariadb-errors.js';

describe('errors of MariaDB', () => {
  for (const [errno, code, right] of [
    [4151, 'ER_BULK_PARSER_INCOMPLETE_ESCAPE_SEQUENCE', 'ER_ACCOUNT_HAS_BEEN_LOCKED'],
    [1969, 'ER_X', 'ER_STATEMENT_TIMEOUT'],
    [4999, 'ER_OF_MYSQL', 'ER_4999'],
    [1045, 'ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_ERROR'],
    [-111, 'ECONNREFUSED', 'ECONNREFUSED'],
  ] as const) {
    it(`have their own name: ${errno} is ${right}`, () => {
      const error = Object.assign(new Error('x'), { errno, code });
      assert.equal((withServersCode(error) as typeof error).code, right);
    });
  }
});
