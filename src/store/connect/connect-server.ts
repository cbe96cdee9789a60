// Connections to PostgreSQL, MySQL and MariaDB servers, with the settings that our transactions rely on. A PostgreSQL
// session may be shared: a pooler in between gives it to another client after each transaction. So there each
// transaction makes its own settings.
import { connect as connectSocket, isIP, Socket } from 'node:net';
import knex, { type Knex } from 'knex';
import {
  NOTHING_KNOWN,
  SILENT_LOGGER,
  type Connection,
  type ConnectOptions,
} from './connection.js';
import type { Dialect } from '../dialects/dialect.js';
import { mysql } from '../dialects/mysql/mysql.js';
import { sessionStatements } from '../dialects/mysql/mysql-session.js';
import { postgresql } from '../dialects/postgresql/postgresql.js';
import { setForWriting } from '../dialects/postgresql/postgresql-session.js';
import { serverUrlWithin } from './postgresql-variables.js';
import type { ServerAddress, ServerUrl } from './server-url.js';
import { redactedUrl } from './redacted-url.js';
import { tlsAttempts, type TlsOptions } from './tls.js';

/** How long to wait for a server to answer, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/** @throws KmsError InvalidConfiguration for a URL of which a part cannot be honoured. */
export function connectServer(url: string, options: ConnectOptions): Connection {
  const server = serverUrlWithin(process.env, url);
  const tls = tlsOf(server);
  const isMysql = server.dialectName === 'mysql';
  const sockets: Socket[] = [];
  const instance = knex.knex({
    client: isMysql ? 'mysql2' : 'pg',
    connection: isMysql ? mysqlSettings(server, tls) : postgresqlSettings(server, tls, sockets),
    pool: {
      min: 0,
      max: options.connections ?? 1,
      afterCreate: runInOrder(isMysql ? mysqlSession(options) : []),
    },
    acquireConnectionTimeout: timeoutMs(server.connectTimeoutSeconds) * 2,
    // Bound values are key material, which must never appear in error messages.
    compileSqlOnError: false,
    log: SILENT_LOGGER,
  });
  return {
    knex: isMysql ? instance : closingSockets(instance, sockets),
    dialect: isMysql ? mysql : withSettings(options),
    redactedUrl: redactedUrl(url),
    ...NOTHING_KNOWN,
  };
}

/** Over a unix socket libpq does not ask for TLS. */
function tlsOf({ dialectName, address, tls }: ServerUrl): TlsOptions | null {
  return dialectName === 'postgresql' && address.socket !== null ? null : tlsAttempts(tls)[0];
}

function postgresqlSettings(
  { address, channelBinding, connectTimeoutSeconds, applicationName, options }: ServerUrl,
  tls: TlsOptions | null,
  sockets: Socket[],
): object {
  return {
    host: address.socket ?? address.host,
    port: address.port,
    ...(address.user === '' ? {} : { user: address.user }),
    // Without a password the driver looks at PGPASSFILE.
    ...(address.password === '' ? {} : { password: address.password }),
    database: address.database,
    ssl: tls ?? false,
    connectionTimeoutMillis: timeoutMs(connectTimeoutSeconds),
    application_name: applicationName ?? 'kms',
    ...(options === null ? {} : { options }),
    enableChannelBinding: channelBinding !== 'disable',
    stream: () => {
      const socket = new Socket();
      sockets.push(socket);
      return socket;
    },
  };
}

/** The driver leaves the socket of a refused session open, which would keep the process alive. */
function closingSockets(instance: Knex, sockets: readonly Socket[]): Knex {
  const client = instance.client as { destroy: () => Promise<void> };
  const destroy = client.destroy.bind(client);
  client.destroy = async () => {
    await destroy();
    for (const socket of sockets) socket.destroy();
  };
  return instance;
}

function timeoutMs(seconds: number | null): number {
  return seconds === null ? CONNECT_TIMEOUT_MS : seconds * 1000;
}

function mysqlSettings(
  { address, connectTimeoutSeconds }: ServerUrl,
  tls: TlsOptions | null,
): object {
  return {
    ...(address.socket === null
      ? { host: address.host, port: address.port }
      : { socketPath: address.socket }),
    user: address.user,
    password: address.password,
    database: address.database,
    ...(tls === null ? {} : { ssl: tls }),
    ...(tls === null || address.socket !== null || isIP(address.host) === 0
      ? {}
      : { stream: () => socketVerifiedAs(address) }),
    connectTimeout: timeoutMs(connectTimeoutSeconds),
    charset: 'utf8mb4',
  };
}

/**
 * Returns a socket for which TLS verifies the certificate against this address: by default the driver would verify
 * `localhost` if the host is an IP address.
 */
function socketVerifiedAs({ host, port }: ServerAddress): Socket {
  const socket = connectSocket({ host, port, keepAlive: true, noDelay: true });
  return Object.assign(socket, { _host: host });
}

function withSettings({ mode, busyTimeoutMs }: ConnectOptions): Dialect {
  const readOnly = mode === 'read';
  return {
    ...postgresql,
    transaction: { ...postgresql.transaction, readOnly },
    snapshot: { ...postgresql.snapshot, readOnly: true },
    lockForWriting: async (transaction) => {
      await setForWriting(transaction, busyTimeoutMs);
    },
    // Schema changes hold a lock of the session anyway, so this setting may be one of the session.
    withSchemaLock: async (executor, work) => {
      await executor.raw(`SET lock_timeout = ${busyTimeoutMs}`);
      return postgresql.withSchemaLock(executor, work);
    },
  };
}

function mysqlSession({ mode, busyTimeoutMs }: ConnectOptions): readonly string[] {
  const seconds = Math.max(1, Math.ceil(busyTimeoutMs / 1000));
  return [
    ...sessionStatements(mode),
    // For locks on rows, and on the table for schema changes: other sessions queue behind one that waits for that.
    `SET SESSION innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`,
  ];
}

type Done = (error: unknown, connection: unknown) => void;

/** What the connections of both drivers have; knex passes them untyped. */
interface RawConnection {
  query(sql: string, done: (error: unknown) => void): void;
}

function runInOrder(statements: readonly string[]): (raw: RawConnection, done: Done) => void {
  return (raw, done) => {
    const next = (index: number): void => {
      const statement = statements[index];
      if (statement === undefined) {
        done(null, raw);
        return;
      }
      raw.query(statement, (error) => {
        if (error === null || error === undefined) next(index + 1);
        else done(error, raw);
      });
    };
    next(0);
  };
}
