// Connections to PostgreSQL, MySQL and MariaDB servers, with the settings that our transactions rely on. A PostgreSQL
// session may be shared: a pooler in between gives it to another client after each transaction. So there each
// transaction makes its own settings.
import knex, { type Knex } from 'knex';
import {
  knownBeforehand,
  SILENT_LOGGER,
  type Connection,
  type ConnectOptions,
} from './connection.js';
import { connectionAttempts } from './connection-attempts.js';
import { openMysql } from './connect-mysql.js';
import { openPostgresql, postgresqlSettings } from './connect-postgresql.js';
import type { Dialect } from '../dialects/dialect.js';
import { mysql } from '../dialects/mysql/mysql.js';
import { postgresql } from '../dialects/postgresql/postgresql.js';
import { assertSessionIsOurs } from '../dialects/postgresql/postgresql-pooler.js';
import { withCleanUp } from '../dialects/schema-lock.js';
import { setForWriting } from '../dialects/postgresql/postgresql-session.js';
import { serverUrlWithin } from './url/postgresql-variables.js';
import { CONNECTION_LIMITS, superviseConnections, type Attempt } from './raw-connections.js';
import { redactedUrl } from './url/redacted-url.js';
import type { ServerHost } from './url/server-hosts.js';
import type { ServerUrl } from './url/server-url.js';

/** How long a second connection may take that only looks at what it gets. */
const PROBE_MS = 2000;

/** @throws KmsError InvalidConfiguration for a URL of which a part cannot be honoured. */
export function connectServer(url: string, options: ConnectOptions): Connection {
  const server = serverUrlWithin(process.env, url);
  const isMysql = server.dialectName === 'mysql';
  const shownUrl = redactedUrl(url);
  let host: ServerHost | null = null;
  const attempts = attemptsOf(server, shownUrl, options).map((attempt) => ({
    ...attempt,
    onOpened: () => {
      host = attempt.host;
    },
  }));
  const limits = options.limits ?? CONNECTION_LIMITS;
  const probing = { ...options, limits: { ...limits, connectMs: PROBE_MS } };
  const seconds = server.connectTimeoutSeconds;
  const attemptMs =
    seconds === null ? limits.connectMs / attempts.length : (seconds * 1000) / attempts.length;
  // Longer than our own limit, which says what is wrong.
  const poolMs = attemptMs * attempts.length * 2;
  const instance = knex.knex({
    client: isMysql ? 'mysql2' : 'pg',
    // raw-connections.ts makes them.
    connection: { host: server.address.host, database: server.address.database },
    pool: { min: 0, max: options.connections ?? 1, createTimeoutMillis: poolMs },
    acquireConnectionTimeout: poolMs,
    // Bound values are key material, which must never appear in error messages.
    compileSqlOnError: false,
    log: SILENT_LOGGER,
  });
  let sessionsLost = 0;
  superviseConnections(
    instance,
    attempts,
    { ...limits, connectMs: attemptMs },
    {
      redactedUrl: shownUrl,
      onLost: () => (sessionsLost += 1),
    },
  );
  return {
    knex: instance,
    dialect: isMysql
      ? mysql
      : withSettings(options, (executor) =>
          assertSessionIsOurs(executor, () => connectServer(url, probing).knex, shownUrl),
        ),
    redactedUrl: shownUrl,
    ...knownBeforehand(options),
    host: () => host,
    sessionsLost: () => sessionsLost,
  };
}

/** Returns what is to be tried in turn; where a standby is preferred, any server after all standbys. */
function attemptsOf(
  server: ServerUrl,
  redacted: string,
  options: ConnectOptions,
): readonly (Omit<Attempt, 'onOpened'> & { readonly host: ServerHost })[] {
  const { dialectName, targetSessionAttributes: attributes } = server;
  const isOneOfSeveral = server.hosts.length > 1;
  const wanted = attributes === 'prefer-standby' ? (['standby', 'any'] as const) : [attributes];
  return wanted.flatMap((session) =>
    connectionAttempts(server).map(({ address, tls }) => ({
      host: address,
      place: {
        dialectName,
        shown: address.socket ?? `${address.host}:${address.port}`,
        redactedUrl: redacted,
      },
      start: (driver: unknown) =>
        dialectName === 'mysql'
          ? openMysql(driver, address, tls, { ...options, wanted: session, isOneOfSeveral })
          : openPostgresql(driver, postgresqlSettings(server, address, tls), {
              wanted: session,
              channelBinding: server.channelBinding,
            }),
    })),
  );
}

function withSettings(
  { mode, busyTimeoutMs }: ConnectOptions,
  assertOurs: (executor: Knex) => Promise<void>,
): Dialect {
  const readOnly = mode === 'read';
  return {
    ...postgresql,
    transaction: { ...postgresql.transaction, readOnly },
    snapshot: { ...postgresql.snapshot, readOnly: true },
    lockForWriting: async (transaction) => {
      await setForWriting(transaction, busyTimeoutMs);
    },
    // Schema changes hold a lock of the session anyway, so these settings may be ones of the session. An index may take
    // longer than statements usually may.
    withSchemaLock: async (executor, wait, work) => {
      await assertOurs(executor);
      await executor.raw(`SET lock_timeout = ${busyTimeoutMs}; SET statement_timeout = 0`);
      return withCleanUp(
        () => postgresql.withSchemaLock(executor, wait, work),
        () => executor.raw('RESET lock_timeout; RESET statement_timeout'),
      );
    },
  };
}
