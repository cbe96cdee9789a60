// Which errors of a host end the search for a server: those by which libpq ends it, and their like on MySQL.
import assert from 'node:assert/strict';
import { isLoginRefused } from '../../../../src/store/connect/errors/login-refused.js';

describe('a login', () => {
  for (const [dialectName, code, isRefused] of [
    ['postgresql', '28P01', true],
    ['postgresql', '3D000', true],
    ['postgresql', '53300', true],
    ['postgresql', 'NO_PASSWORD', true],
    ['postgresql', '57P03', false],
    ['postgresql', 'ECONNREFUSED', false],
    ['postgresql', 'EPIPE', false],
    ['postgresql', 'SESSION_UNSUITABLE', false],
    ['mysql', 'ER_ACCESS_DENIED_ERROR', true],
    ['mysql', 'ER_DBACCESS_DENIED_ERROR', true],
    ['mysql', 'ER_ACCOUNT_HAS_BEEN_LOCKED', true],
    ['mysql', 'ER_CON_COUNT_ERROR', false],
    ['mysql', 'ER_SERVER_SHUTDOWN', false],
  ] as const) {
    it(`is ${isRefused ? 'refused for good' : 'tried at the next host'} after ${code}`, () => {
      const error = Object.assign(new Error('failed'), { code });
      assert.equal(isLoginRefused(error, dialectName), isRefused);
    });
  }
});
