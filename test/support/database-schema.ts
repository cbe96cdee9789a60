// What a database holds besides rows: tables, columns and indexes, by name and definition.
import { kindOf, sql } from './sql.js';

const SCHEMA = {
  sqlite: `SELECT name AS name, sql AS definition FROM sqlite_master
    WHERE name NOT LIKE 'sqlite_%' ORDER BY name`,
  postgresql: `SELECT table_name AS name, column_name || data_type AS definition
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION SELECT routine_name, md5(routine_definition) FROM information_schema.routines
      WHERE routine_schema = 'public' ORDER BY 1, 2`,
  mysql: `SELECT table_name AS name, CONCAT(column_name, column_type) AS definition
      FROM information_schema.columns WHERE table_schema = DATABASE()
    UNION SELECT index_name, CONCAT(table_name, column_name, seq_in_index)
      FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2`,
};

export const schemaOf = (url: string) =>
  sql<{ name: string; definition: string | null }>(url, SCHEMA[kindOf(url)]);
