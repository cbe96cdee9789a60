// The connection of the stand-in to its store, on any database. Where the lock of SQLite's file is another's, it waits
// without the driver.
import { setTimeout as pause } from 'node:timers/promises';
import { connectBare, kindOf, openSqlite } from '../sql.js';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface Database {
  query(text: string, values: readonly unknown[]): Promise<readonly object[]>;
  transact(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}

export function openDatabase(url: string): Promise<Database> {
  return kindOf(url) === 'sqlite' ? Promise.resolve(onSqlite(url)) : onServer(url);
}

/** A transaction is one piece: the run that waits for its lock is in this process, and would wait for ever. */
function onSqlite(path: string): Database {
  const database = openSqlite(path);
  database.query('PRAGMA busy_timeout = 0', []);
  return {
    query: (text, values) => untilFree(() => database.query(text, values)),
    transact: (statements) =>
      untilFree(() => {
        database.query('BEGIN IMMEDIATE', []);
        try {
          for (const { text, values } of statements) database.query(text, values);
          database.query('COMMIT', []);
        } catch (error) {
          database.query('ROLLBACK', []);
          throw error;
        }
      }),
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
}

async function onServer(url: string): Promise<Database> {
  const bare = await connectBare(url);
  return {
    query: (text, values) => bare.query(text, values),
    transact: async (statements) => {
      await bare.query('BEGIN');
      try {
        for (const { text, values } of statements) await bare.query(text, values);
      } catch (error) {
        await bare.query('ROLLBACK');
        throw error;
      }
      await bare.query('COMMIT');
    },
    close: () => bare.close(),
  };
}

async function untilFree<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!code.startsWith('SQLITE_BUSY')) throw error;
      await pause(1);
    }
  }
}
