// The statements that a search really sends, and what a database plans to do with them.
import { connect } from '../../src/store/connect/connect.js';
import type { Connection } from '../../src/store/connect/connection.js';
import { OUR_INDEXES, type OurIndex } from '../../src/store/dialects/our-indexes.js';
import { kindOf, withBare } from './sql.js';

/** Runs a search as if all our indexes were there, or just these, and returns its statements with values in their places. */
export async function statementsOf(
  url: string,
  search: (connection: Connection) => Promise<void>,
  indexes: readonly OurIndex[] = OUR_INDEXES,
): Promise<readonly string[]> {
  const connection = await connect(url, { mode: 'read', busyTimeoutMs: 2000 });
  const statements: string[] = [];
  connection.knex.on('query', ({ sql, bindings }: { sql: string; bindings?: unknown[] }) => {
    let index = 0;
    statements.push(sql.replace(/\$\d+|\?/g, () => literal(bindings?.[index++])));
  });
  try {
    await search({ ...connection, indexes: new Set(indexes) });
    return statements;
  } finally {
    await connection.knex.destroy();
  }
}

/** Returns the plan of a statement as one text, once the database has counted its rows. */
export function planOf(url: string, statement: string): Promise<string> {
  const { count, explain } = {
    sqlite: { count: null, explain: 'EXPLAIN QUERY PLAN' },
    postgresql: { count: 'ANALYZE objects', explain: 'EXPLAIN' },
    mysql: { count: 'ANALYZE TABLE objects', explain: 'EXPLAIN' },
  }[kindOf(url)];
  return withBare(url, async (bare) => {
    if (count !== null) await bare.query(count);
    return JSON.stringify(await bare.query(`${explain} ${statement}`));
  });
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}
