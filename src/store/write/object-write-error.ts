// Why a database refuses to write one object although it accepts others: a limit on transactions, a rule on rows, a row
// that another session locks. The driver's code says which, if the store still accepts writes.
import { KmsError, type Reason } from '../../errors.js';
import type { Connection } from '../connect/connection.js';
import type { Dialect } from '../dialects/dialect.js';
import { errorCode } from '../connect/errors/error-code.js';
import { retryTransient } from '../connect/retry-transient.js';

interface ObjectWriteError {
  readonly reason: Reason;
  /** Follows the uid of the object in the message. */
  readonly what: string;
  readonly hint: string;
}

const NOTHING_WRITTEN = 'nothing of it was written';

const TOO_LARGE = limit(
  'its transaction is larger than the database allows',
  'raise max_binlog_cache_size (in a cluster wsrep_max_ws_size and wsrep_max_ws_rows, or group_replication_transaction_size_limit)',
);
const TOO_LARGE_A_PACKET = limit(
  'one statement for it is larger than the database allows',
  'raise max_allowed_packet',
);
const TOO_LARGE_A_ROW = limit(
  'one of its rows, or a statement for it, is larger than the database can hold',
  'destroy what makes it so large, or disarm it',
);
const TOO_LONG_A_STATEMENT = limit(
  'the database cancelled a statement for it that took too long',
  'raise statement_timeout (max_statement_time) for the user of kms',
);
const TOO_LONG = limit(
  'the database cancelled its transaction, which took too long',
  'raise idle_in_transaction_session_timeout and transaction_timeout for the user of kms',
);
const TOO_MUCH = limit(
  'its transaction takes more memory, locks or room than the database gives to one',
  'find the limit in the log of the database, and raise it',
);
const CUT_OFF = limit(
  'its connection was lost at each try, though the database answers other requests',
  'look for a limit on the size or the time of transactions, in the database (max_allowed_packet, idle_transaction_timeout) or in a proxy before it',
  'TransactionCut',
);
const LOCKED: ObjectWriteError = {
  reason: 'RowLocked',
  what: 'another session keeps its row, or one that it wraps, locked',
  hint: `${NOTHING_WRITTEN}; run again, and if it stays so, look for a session that keeps a transaction open`,
};
const REFUSED: ObjectWriteError = {
  reason: 'RowRefused',
  what: 'the database refuses one of its rows by a constraint, a trigger or a column’s type',
  hint: `${NOTHING_WRITTEN}; check what was added to the server’s tables, and the log of the database`,
};

function limit(
  what: string,
  remedy: string,
  reason: Reason = 'TransactionLimit',
): ObjectWriteError {
  return {
    reason,
    what,
    hint: `${NOTHING_WRITTEN}; ${remedy}, then run again`,
  };
}

/** By the codes of each database; the first match counts. Other codes concern the whole store (driver-errors.ts). */
const OBJECT_WRITE_ERRORS: Readonly<
  Record<Dialect['name'], readonly (readonly [code: RegExp, found: ObjectWriteError])[]>
> = {
  // A lock on SQLite is one on the whole file, so it never concerns a single object.
  sqlite: [
    [/^SQLITE_TOOBIG$/, TOO_LARGE_A_ROW],
    [/^SQLITE_CONSTRAINT/, REFUSED],
  ],
  postgresql: [
    [/^57014$/, TOO_LONG_A_STATEMENT],
    [/^25P0[34]$/, TOO_LONG],
    [/^54...$/, TOO_LARGE_A_ROW],
    [/^53[24]00$/, TOO_MUCH],
    [/^(55P03|40001|40P01)$/, LOCKED],
    [/^(22...|23...|27000|09000|44000|P0...)$/, REFUSED],
    [/^(08...|ECONNRESET|ECONNABORTED|EPIPE)$/, CUT_OFF],
  ],
  mysql: [
    [/^ER_(TRANS_CACHE_FULL|STMT_CACHE_FULL|RUN_HOOK_ERROR|WRITESET_TOO_LARGE)$/, TOO_LARGE],
    [/^ER_NET_PACKET_TOO_LARGE$/, TOO_LARGE_A_PACKET],
    [/^ER_(QUERY_TIMEOUT|STATEMENT_TIMEOUT)$/, TOO_LONG_A_STATEMENT],
    [/^ER_(LOCK_TABLE_FULL|UNDO_RECORD_TOO_BIG)$/, TOO_MUCH],
    [/^ER_TOO_BIG_ROWSIZE$/, TOO_LARGE_A_ROW],
    [/^ER_(LOCK_WAIT_TIMEOUT|LOCK_DEADLOCK|CHECKREAD|TRANSACTION_ROLLBACK_DURING_COMMIT)$/, LOCKED],
    [
      /^(ER_(SIGNAL_EXCEPTION|CHECK_CONSTRAINT_VIOLATED|CONSTRAINT_FAILED|NO_REFERENCED_ROW.*|ROW_IS_REFERENCED.*|BAD_NULL_ERROR.*|DATA_TOO_LONG|DATA_OUT_OF_RANGE|WARN_DATA_OUT_OF_RANGE|TRUNCATED_WRONG_VALUE.*|INVALID_JSON_.*)|WARN_DATA_TRUNCATED)$/,
      REFUSED,
    ],
    [/^(ECONNRESET|ECONNABORTED|EPIPE|PROTOCOL_CONNECTION_LOST)$/, CUT_OFF],
  ],
};

/** Returns why a database refused to write this object; null for other errors, or if it accepts no writes at all. */
export async function objectWriteError(
  connection: Connection,
  error: unknown,
  uid: string,
): Promise<KmsError | null> {
  const code = error instanceof KmsError ? null : errorCode(error);
  if (code === null) return null;
  const found = OBJECT_WRITE_ERRORS[connection.dialect.name].find(([pattern]) =>
    pattern.test(code),
  )?.[1];
  if (found === undefined || !(await acceptsWrites(connection))) return null;
  const { reason, what, hint } = found;
  return new KmsError(reason, `${JSON.stringify(uid)} was not written: ${what} (${code})`, {
    uid,
    hint,
  });
}

/** Statements that change nothing, but need what writing needs, and no privilege that a run does not have. */
const PROBES = [
  'UPDATE objects SET state = state WHERE 1 = 0',
  'INSERT INTO tags (id, tag) SELECT id, tag FROM tags WHERE 1 = 0',
  'INSERT INTO read_access (id, userid, permissions) SELECT id, userid, permissions FROM read_access WHERE 1 = 0',
];

async function acceptsWrites({ knex, dialect }: Connection): Promise<boolean> {
  try {
    await retryTransient(() =>
      knex.transaction(async (transaction) => {
        await dialect.lockForWriting(transaction);
        for (const statement of PROBES) await transaction.raw(statement);
      }, dialect.transaction),
    );
    return true;
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return false;
  }
}
