// Changes of the schema that go on where a killed process has left off: MySQL commits each statement by
// itself, so some of a migration may be there already while it does not count as done.
import type { Knex } from 'knex';
import { errorCode } from '../../connect/error-code.js';

/** Of MySQL; elsewhere a migration is done wholly or not at all. */
const THERE_ALREADY = ['ER_TABLE_EXISTS_ERROR', 'ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME'];

/** Runs the statements of a schema builder one by one, passing over what is there already. */
export async function stepByStep(knex: Knex, schema: Knex.SchemaBuilder): Promise<void> {
  // knex has the type of a single statement here.
  const statements = schema.toSQL() as unknown as readonly Knex.Sql[];
  for (const { sql, bindings = [] } of statements) {
    try {
      await knex.raw(sql, bindings as Knex.RawBinding[]);
    } catch (error) {
      if (!THERE_ALREADY.includes(errorCode(error) ?? '')) throw error;
    }
  }
}
