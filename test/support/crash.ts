// A process that is killed in the midst of its work on a database, as far as the database can tell: from
// some statement on it hears no more of it, not even ROLLBACK, and then the connection is cut.
import { connect } from '../../src/store/connect/connect.js';
import type { Connection } from '../../src/store/connect/connection.js';

const KILLED = 'killed';

/**
 * Does a piece of work that is killed before its first statement, then again killed before its second, and
 * so on, or before one of `every` so many, until it has come to its end; returns how many statements it had.
 */
export async function killedAtStatements(
  url: string,
  work: (connection: Connection) => Promise<unknown>,
  every: number,
): Promise<number> {
  for (let statements = 0; ; statements += every) {
    if (await survives(url, work, statements)) return statements;
  }
}

async function survives(
  url: string,
  work: (connection: Connection) => Promise<unknown>,
  statements: number,
): Promise<boolean> {
  const connection = await connect(url, { mode: 'write', busyTimeoutMs: 2000 });
  let left = statements;
  connection.knex.on('query', () => {
    left -= 1;
    if (left < 0) throw new Error(KILLED);
  });
  try {
    await work(connection);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes(KILLED)) return false;
    throw error;
  } finally {
    await connection.knex.destroy();
  }
}
