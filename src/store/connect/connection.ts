// A connection to a database: what connect.ts returns, and every query takes.
import type { Knex } from 'knex';
import type { Dialect } from '../dialects/dialect.js';
import type { OurIndex } from '../dialects/our-indexes.js';
import type { Replica } from '../dialects/replica.js';
import type { LockWait } from '../dialects/schema-lock.js';
import type { AuditKeys } from '../own/chain/audit-keys.js';
import { newChainPool, type ChainPool } from '../own/chain/chain-pool.js';
import type { ConnectionLimits } from './raw-connections.js';
import type { ServerHost } from './url/server-hosts.js';

export interface Connection {
  readonly knex: Knex;
  readonly dialect: Dialect;
  /** The URL without its password. */
  readonly redactedUrl: string;
  /** Returns the host of the URL that the last session was made at; null before the first, and without a server. */
  readonly host: () => ServerHost | null;
  /** Returns how many sessions ended before their time. */
  readonly sessionsLost: () => number;
  /** Our indexes that the database has. Without them the same queries work, but slower. */
  readonly indexes: ReadonlySet<OurIndex>;
  /** How it lags, if it is a replica that is read from; null otherwise. */
  readonly replica: Replica | null;
  /** Whether it has our table of retiring objects; without it none retires. */
  readonly hasRetiring: boolean;
  /** The chains of the log that it writes. */
  readonly chains: ChainPool;
  /** How long changes of the schema wait for locks. */
  readonly lockWait: LockWait;
  /** How many bytes of values a statement may carry; null where the database's limit is far above ours. */
  readonly maxStatementBytes: number | null;
}

export interface ConnectOptions {
  readonly mode: 'read' | 'write';
  /** How long to wait for a lock that another session holds, in milliseconds. */
  readonly busyTimeoutMs: number;
  /** For changes of the schema; by default as long, and nobody is told. */
  readonly lockWait?: Omit<LockWait, 'attemptMs'>;
  /** How many at most, on a server; 1 by default. */
  readonly connections?: number;
  /** The keys of the rotation log; none by default. */
  readonly auditKeys?: AuditKeys;
  /** For a server; by default those that the program has. */
  readonly limits?: ConnectionLimits;
}

/** Returns what a connection knows before the database was asked. */
export function knownBeforehand({
  busyTimeoutMs,
  lockWait,
  auditKeys,
}: ConnectOptions): Pick<
  Connection,
  | 'host'
  | 'sessionsLost'
  | 'replica'
  | 'indexes'
  | 'hasRetiring'
  | 'chains'
  | 'lockWait'
  | 'maxStatementBytes'
> {
  return {
    host: () => null,
    sessionsLost: () => 0,
    indexes: new Set(),
    replica: null,
    hasRetiring: false,
    chains: newChainPool(null, auditKeys),
    lockWait: {
      ...(lockWait ?? { limitMs: busyTimeoutMs, notify: () => undefined }),
      attemptMs: busyTimeoutMs,
    },
    maxStatementBytes: null,
  };
}

/** knex would write driver errors to the console; driver-errors.ts says what is shown of them. */
export const SILENT_LOGGER = {
  warn: () => undefined,
  error: () => undefined,
  deprecate: () => undefined,
  debug: () => undefined,
};
