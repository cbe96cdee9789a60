// What codes of servers and of the system mean: the first match counts, so a wide pattern must not take a narrow one's.
import assert from 'node:assert/strict';
import { meaningOf } from '../../../../src/store/connect/errors/error-meanings.js';

describe('the meaning of a code', () => {
  for (const [code, reason, says] of [
    ['ECONNREFUSED', 'StoreUnreachable', /cannot be reached/],
    ['EAI_AGAIN', 'StoreUnreachable', /./],
    ['ER_SERVER_SHUTDOWN', 'StoreUnreachable', /cannot be reached/],
    ['ER_NO_SUCH_TABLE', 'StoreFailure', /the database failed/],
    ['42P01', 'StoreFailure', /the database failed/],
    ['57014', 'StoreFailure', /statement_timeout/],
    ['ER_STATEMENT_TIMEOUT', 'StoreFailure', /max_statement_time/],
    ['25006', 'StoreReadOnly', /default_transaction_read_only/],
    ['ER_OPTION_PREVENTS_STATEMENT', 'StoreReadOnly', /super_read_only/],
    ['ER_DBACCESS_DENIED_ERROR', 'StoreDatabaseMissing', /not admit this user/],
    ['SQLITE_READONLY', 'StoreReadOnly', /folder/],
    ['ER_UNKNOWN_COM_ERROR', 'StoreUnreachable', /node of the cluster is not ready/],
    ['ER_TRANSACTION_ROLLBACK_DURING_COMMIT', 'StoreBusy', /another node/],
    ['RECOVERY_CONFLICT', 'StoreBusy', /replica cancelled/],
    ['PROTOCOL_ROWS_MISSING', 'StoreUnreachable', /rows missing/],
  ] as const) {
    it(`${code} is ${reason}`, () => {
      const meaning = meaningOf(code);
      assert.equal(meaning?.reason, reason);
      assert.match(meaning.message, says);
    });
  }

  it('is none of what is no code of a database or the network', () => {
    assert.equal(meaningOf('ERR_INVALID_ARG_TYPE'), undefined);
  });
});
