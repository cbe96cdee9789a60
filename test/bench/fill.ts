// Fills stores with as many rows as asked for, made inside the database from one row of text.
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { kindOf, withBare } from '../support/sql.js';
import { dateOf } from '../support/symmetric-keys.js';

/** How many rows one statement makes: as deep as MariaDB and MySQL recurse unless told otherwise. */
const ROWS_A_STATEMENT = 1000;

/** The uid of the row that is copied. */
export const TEMPLATE_UID = 'the-uid-of-the-template';

/**
 * Makes rows number `from` to `to` (exclusive) out of one whose uid is TEMPLATE_UID; their uids end with the
 * number. `spread` gives each another day of the year as its initial date.
 */
export async function fill(
  url: string,
  template: ObjectRow,
  range: { readonly from: number; readonly to: number; readonly prefix: string },
  spread: { readonly initialDate: number } | null = null,
): Promise<void> {
  const { prefix, to } = range;
  const [objects, objectValues] = copyOf(url, template.object, prefix, spread);
  const [copied, attributeValues] = copyOf(url, template.attributes, prefix, spread);
  const attributes = kindOf(url) === 'postgresql' ? `CAST(${copied} AS jsonb)` : copied;
  await withBare(url, async (bare) => {
    for (let from = range.from; from < to; from += ROWS_A_STATEMENT) {
      const last = Math.min(to, from + ROWS_A_STATEMENT) - 1;
      const insert = 'INSERT INTO objects (id, object, attributes, state, owner, wrapping_key_id)';
      const numbers = `WITH RECURSIVE numbers (i) AS
        (SELECT ${from} UNION ALL SELECT i + 1 FROM numbers WHERE i < ${last})`;
      const select = `SELECT ${numbered(url, prefix)}, ${objects}, ${attributes}, ${text(url)}, ${text(url)}, ${text(url)} FROM numbers`;
      await bare.query(`${insert} ${numbers} ${select}`, [
        ...[...objectValues, ...attributeValues],
        ...[template.state, template.owner, template.wrappingKeyId],
      ]);
    }
    // What a server of some age knows by itself.
    if (kindOf(url) === 'postgresql') await bare.query('ANALYZE objects');
    if (kindOf(url) === 'mysql') await bare.query('ANALYZE TABLE objects');
  });
}

/** SQL for a copy of a text of the template, and the values it binds. */
function copyOf(
  url: string,
  original: string,
  prefix: string,
  spread: { readonly initialDate: number } | null,
): readonly [sql: string, values: readonly string[]] {
  let copy = `replace(${text(url)}, '${TEMPLATE_UID}', ${numbered(url, prefix)})`;
  if (spread !== null) {
    const [year, day] = dateOf(spread.initialDate);
    const found = `[${year},${day},`;
    if (!original.includes(found)) throw new Error(`no ${found} in ${original}`);
    copy = `replace(${copy}, '${found}', ${joined(url, `'[${year},'`, asText(url, '1 + i % 300'), `','`)})`;
  }
  return [copy, [original]];
}

function numbered(url: string, prefix: string): string {
  return joined(url, `'${prefix}'`, asText(url, 'i'));
}

/** A bound text: PostgreSQL wants to know its type. */
function text(url: string): string {
  return kindOf(url) === 'postgresql' ? 'CAST(? AS text)' : '?';
}

function asText(url: string, number: string): string {
  return `CAST(${number} AS ${kindOf(url) === 'mysql' ? 'CHAR' : 'text'})`;
}

function joined(url: string, ...parts: readonly string[]): string {
  return kindOf(url) === 'mysql' ? `concat(${parts.join(', ')})` : `(${parts.join(' || ')})`;
}
