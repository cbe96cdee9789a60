// Schema changes that a later run can finish: MySQL commits each DDL statement by itself, so a process that was killed
// may have made a part of a migration that does not count as done.
import type { Knex } from 'knex';
import { errorCode } from '../../connect/errors/error-code.js';

/** Codes of MySQL; on other databases a migration is rolled back as a whole. */
const EXISTS_ALREADY = ['ER_TABLE_EXISTS_ERROR', 'ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME'];

/** Runs the statements of a schema builder one by one, and skips what exists already. */
export async function runResumably(knex: Knex, schema: Knex.SchemaBuilder): Promise<void> {
  // knex has the type of a single statement here.
  const statements = schema.toSQL() as unknown as readonly Knex.Sql[];
  for (const { sql, bindings = [] } of statements) {
    try {
      await knex.raw(sql, bindings as Knex.RawBinding[]);
    } catch (error) {
      if (!EXISTS_ALREADY.includes(errorCode(error) ?? '')) throw error;
    }
  }
}
