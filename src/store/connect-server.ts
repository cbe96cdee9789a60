// Connections to PostgreSQL, MySQL and MariaDB servers: from a URL to a pool of one connection, with the
// session settings that our transactions rely on.
import knex from 'knex';
import { KmsError } from '../errors.js';
import { SILENT, type Connection, type ConnectOptions } from './connection.js';
import { mysql } from './mysql.js';
import { postgresql } from './postgresql.js';
import { shownUrl } from './shown-url.js';
import { TLS_PARAMETERS, tlsOptions } from './tls.js';

const DEFAULT_PORTS = { postgresql: 5432, mysql: 3306 } as const;

/** How long to wait for a server to answer at all, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

interface Address {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  /** The path of a unix socket, or of the folder that holds it. */
  readonly socket: string | null;
  readonly database: string;
}

/** @throws KmsError InvalidConfiguration for a URL that cannot be honoured to the letter. */
export function connectServer(url: string, options: ConnectOptions): Connection {
  const parsed = parseUrl(url);
  const scheme = parsed.protocol.replace(/:$/, '');
  const dialect = scheme.startsWith('postgres') ? postgresql : mysql;
  refuseUnknownParameters(parsed.searchParams);
  const address = addressOf(
    parsed,
    DEFAULT_PORTS[dialect.name === 'mysql' ? 'mysql' : 'postgresql'],
  );
  const tls = tlsOptions(parsed.searchParams);
  const settings =
    dialect.name === 'mysql' ? mysqlSettings(address, tls) : postgresqlSettings(address, tls);
  const statements = dialect.name === 'mysql' ? mysqlSession(options) : postgresqlSession(options);
  const instance = knex.knex({
    client: dialect.name === 'mysql' ? 'mysql2' : 'pg',
    connection: settings,
    pool: { min: 0, max: 1, afterCreate: inOrder(statements) },
    acquireConnectionTimeout: CONNECT_TIMEOUT_MS * 2,
    // Bound values are key material, and must not stand in error messages.
    compileSqlOnError: false,
    log: SILENT,
  });
  return {
    knex: instance,
    dialect,
    shownUrl: shownUrl(url),
    indexed: { due: false, keyset: false },
  };
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    // The parser's own message quotes the URL, and with it a password.
    throw invalid(
      'it is not a URL',
      'write postgres://user@host/database; escape @ : / in passwords',
    );
  }
}

function refuseUnknownParameters(parameters: URLSearchParams): void {
  const known = [...TLS_PARAMETERS, 'host', 'socket'];
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw invalid(`the parameter ${unknown} is not supported`, `known are ${known.join(', ')}`);
}

function addressOf(url: URL, defaultPort: number): Address {
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '') throw invalid('it names no database', 'write postgres://user@host/database');
  return {
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    host: host === '' ? 'localhost' : host,
    port: url.port === '' ? defaultPort : Number(url.port),
    socket: url.searchParams.get('socket') ?? (host.startsWith('/') ? host : null),
    database,
  };
}

function postgresqlSettings(address: Address, tls: object | null): object {
  return {
    host: address.socket ?? address.host,
    port: address.port,
    ...(address.user === '' ? {} : { user: address.user }),
    // Left out, the driver looks at PGPASSWORD and PGPASSFILE.
    ...(address.password === '' ? {} : { password: address.password }),
    database: address.database,
    ssl: tls ?? false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'kms',
  };
}

function mysqlSettings(address: Address, tls: object | null): object {
  return {
    ...(address.socket === null
      ? { host: address.host, port: address.port }
      : { socketPath: address.socket }),
    user: address.user,
    password: address.password,
    database: address.database,
    ...(tls === null ? {} : { ssl: { verifyIdentity: true, ...tls } }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    charset: 'utf8mb4',
  };
}

function postgresqlSession({ mode, busyTimeoutMs }: ConnectOptions): readonly string[] {
  return [
    `SET lock_timeout = ${busyTimeoutMs}`,
    ...(mode === 'read' ? ['SET default_transaction_read_only = on'] : []),
  ];
}

function mysqlSession({ mode, busyTimeoutMs }: ConnectOptions): readonly string[] {
  return [
    // Without it a value that does not fit is cut, and a key lost.
    `SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')`,
    'SET SESSION autocommit = 1',
    `SET SESSION innodb_lock_wait_timeout = ${Math.max(1, Math.ceil(busyTimeoutMs / 1000))}`,
    ...(mode === 'read' ? ['SET SESSION TRANSACTION READ ONLY'] : []),
  ];
}

type Done = (error: unknown, connection: unknown) => void;

/** What both drivers' connections have; knex hands them on untyped. */
interface RawConnection {
  query(sql: string, done: (error: unknown) => void): void;
}

function inOrder(statements: readonly string[]): (raw: RawConnection, done: Done) => void {
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

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', `the database URL cannot be used: ${message}`, {
    hint,
  });
}
