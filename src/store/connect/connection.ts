// A connection to a database, and with what it is made; connect.ts makes it.
import type { Knex } from 'knex';
import type { Dialect } from '../dialects/dialect.js';

export interface Connection {
  readonly knex: Knex;
  readonly dialect: Dialect;
  /** The URL as it may be shown: without a password. */
  readonly redactedUrl: string;
  readonly indexed: Indexed;
  /** How many bytes of values a statement may carry; null where the database sets no limit near to ours. */
  readonly maxStatementBytes: number | null;
}

/** Which of our indexes are there; without them the same queries work, slower. */
export interface Indexed {
  readonly due: boolean;
  readonly keyset: boolean;
  readonly certificates: boolean;
  readonly wrappingKeyMismatches: boolean;
  readonly foreignLinks: boolean;
}

/** What is known of them before anybody has looked. */
export const UNINDEXED: Indexed = {
  due: false,
  keyset: false,
  certificates: false,
  wrappingKeyMismatches: false,
  foreignLinks: false,
};

export interface ConnectOptions {
  readonly mode: 'read' | 'write';
  /** How long to wait for a lock that somebody else holds, in milliseconds. */
  readonly busyTimeoutMs: number;
  /** How many at most, on a server; 1 unless told otherwise. */
  readonly connections?: number;
}

/** knex would write driver errors to the console; what is to be said of them, driver-errors.ts says. */
export const SILENT_LOGGER = {
  warn: () => undefined,
  error: () => undefined,
  deprecate: () => undefined,
  debug: () => undefined,
};
