// Connections to SQLite files, with the settings that our transactions rely on.
import { randomUUID } from 'node:crypto';
import knex from 'knex';
import { temporaryFolderIn } from '../../files/temporary-folder.js';
import {
  knownBeforehand,
  SILENT_LOGGER,
  type Connection,
  type ConnectOptions,
} from './connection.js';
import { readOnlyContent } from './sqlite-file.js';
import { sqlite } from '../dialects/sqlite/sqlite.js';
import { CONNECTION_ID } from '../dialects/sqlite/sqlite-driver.js';

/** What better-sqlite3 passes to a pool's hook; knex has no type for it. */
interface SqliteHandle {
  pragma(source: string): unknown;
  function(name: string, run: () => string): unknown;
  prepare(source: string): { readonly busy: boolean };
}

/** More than the program has of fixed statements; one with a list of uids differs with their number. */
const MAX_PREPARED = 64;

/** Opens the file of an SQLite database, or creates it. */
export function connectSqlite(path: string, options: ConnectOptions): Connection {
  const readonly = options.mode === 'read';
  const content = readonly ? readOnlyContent(path) : null;
  const afterCreate = (
    handle: SqliteHandle,
    done: (error: unknown, made: SqliteHandle) => void,
  ) => {
    try {
      handle.pragma(`busy_timeout = ${options.busyTimeoutMs}`);
      // A commit that we report must survive a power cut; NORMAL does not promise that in WAL mode.
      handle.pragma('synchronous = FULL');
      // Without a folder for its temporary files SQLite fails in the middle of a statement.
      if (temporaryFolderIn(process.env) === null) handle.pragma('temp_store = MEMORY');
      const id = randomUUID();
      handle.function(CONNECTION_ID, () => id);
      keepPrepared(handle);
      done(null, handle);
    } catch (error) {
      done(error, handle);
    }
  };
  const instance = knex.knex({
    client: 'better-sqlite3',
    // The driver takes a database in memory too, for which knex has no type.
    connection: () => ({ filename: (content ?? path) as string, options: { readonly } }),
    pool: { min: 1, max: 1, afterCreate },
    useNullAsDefault: true,
    // Bound values are key material, which must never appear in error messages.
    compileSqlOnError: false,
    log: SILENT_LOGGER,
  });
  return {
    knex: instance,
    dialect: sqlite,
    redactedUrl: `sqlite:${path}`,
    ...knownBeforehand(options),
  };
}

/**
 * Makes a connection prepare each statement once. knex prepares it for each query again, and on `objects`, with an
 * index over a long expression, that takes longer than the statement itself.
 */
function keepPrepared(handle: SqliteHandle): void {
  const prepared = new Map<string, { readonly busy: boolean }>();
  const prepare = handle.prepare.bind(handle);
  handle.prepare = (source) => {
    const known = prepared.get(source);
    if (known !== undefined && !known.busy) return known;
    const statement = prepare(source);
    if (prepared.size < MAX_PREPARED) prepared.set(source, statement);
    return statement;
  };
}
