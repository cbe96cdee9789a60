// SQL by the bare drivers, on any database by its URL; `?` stands for a bound value on all of them, and
// JSON comes back as its text. A file is SQLite's; sqlite.ts has the same without promises.
import Database from 'better-sqlite3';
import mysql from 'mysql2/promise';
import pg from 'pg';

export interface Bare {
  /** Runs one statement and returns its rows, or [] if it has none. */
  query(statement: string, values?: readonly unknown[]): Promise<readonly object[]>;
  close(): Promise<void>;
}

/** Opens a connection, hands it over, closes it. */
export async function withBare<T>(url: string, use: (bare: Bare) => Promise<T>): Promise<T> {
  const bare = await connectBare(url);
  try {
    return await use(bare);
  } finally {
    await bare.close();
  }
}

/** Runs one statement by the bare driver and returns its rows, or [] if it has none. */
export async function sql<Row = Record<string, unknown>>(
  url: string,
  statement: string,
  ...values: readonly unknown[]
): Promise<readonly Row[]> {
  return (await withBare(url, (bare) => bare.query(statement, values))) as readonly Row[];
}

/** Runs a whole file of statements on MySQL or MariaDB. */
export async function runScript(url: string, script: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
  try {
    await connection.query(script);
  } finally {
    await connection.end();
  }
}

export function kindOf(url: string): 'sqlite' | 'postgresql' | 'mysql' {
  if (/^(mysql|mariadb):/.test(url)) return 'mysql';
  return url.startsWith('postgres') ? 'postgresql' : 'sqlite';
}

/** For a connection that outlives a function; withBare closes what it opened. */
export function connectBare(url: string): Promise<Bare> {
  const connect = { sqlite: bareSqlite, postgresql: barePostgresql, mysql: bareMysql };
  return connect[kindOf(url)](url);
}

function bareSqlite(path: string): Promise<Bare> {
  const database = openSqlite(path);
  return Promise.resolve({
    query: (statement, values = []) =>
      Promise.resolve().then(() => database.query(statement, values)),
    close: () => {
      database.close();
      return Promise.resolve();
    },
  });
}

async function barePostgresql(url: string): Promise<Bare> {
  const types = new pg.TypeOverrides();
  for (const type of [pg.types.builtins.JSON, pg.types.builtins.JSONB]) {
    types.setTypeParser(type, (text) => text);
  }
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 3000,
    types,
  });
  // A server that stops says so to idle clients too; a query finds out by itself.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async (statement, values = []) => {
      let number = 0;
      const numbered = statement.replace(/\?/g, () => `$${(number += 1)}`);
      return (await client.query(values.length > 0 ? numbered : statement, [...values]))
        .rows as object[];
    },
    close: () => client.end(),
  };
}

async function bareMysql(url: string): Promise<Bare> {
  const connection = await mysql.createConnection({
    uri: url,
    jsonStrings: true,
    connectTimeout: 3000,
  });
  connection.on('error', () => undefined);
  return {
    query: async (statement, values = []) => {
      const [rows] = await connection.query(statement, [...values]);
      return Array.isArray(rows) ? rows.map((row) => Object.assign({}, row)) : [];
    },
    close: () => {
      // Whether the server is still there or not.
      connection.destroy();
      return Promise.resolve();
    },
  };
}

/** Opens a file by the bare driver. */
export function openSqlite(path: string) {
  const database = new Database(path);
  return {
    query: (statement: string, values: readonly unknown[]): readonly object[] => {
      const prepared = database.prepare(statement);
      if (prepared.reader) return prepared.all(...values) as object[];
      prepared.run(...values);
      return [];
    },
    close: () => {
      database.close();
    },
  };
}
