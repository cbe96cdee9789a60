// Finds the wrapping keys that objects name. Each distinct key is read once, by the server's index on wrapping_key_id,
// however many objects it wraps.
import type { Connection } from '../connect/connection.js';
import { retryTransient } from '../connect/retry-transient.js';
import type { FoundRow } from './found-pages.js';

/** How many distinct wrapping keys are looked at in one statement. */
const PAGE_KEYS = 500;

/**
 * Yields the wrapping keys that objects name, or those of `uids`, that may be retired, in pages: those that are not
 * Active, have no state, or have a ReplacementObjectLink, as servers before their release left replaced keys Active
 * (storage format §6.12). Certificates are always among them, since their pair may have been replaced without them.
 */
export async function* findRetiredWrappingKeys(
  connection: Connection,
  uids: readonly string[] | null = null,
): AsyncGenerator<readonly string[]> {
  const pages = uids === null ? namedWrappingKeys(connection) : slices(uids, PAGE_KEYS);
  for await (const named of pages) {
    const retired = await retryTransient(() =>
      connection
        .knex('objects')
        // Matched as the database compares them, since the server looks a key up that way: on MySQL KEK may mean kek.
        .whereIn('id', named)
        .whereRaw(
          `(state IS NULL OR state <> 'Active' OR ${connection.dialect.text('attributes')} LIKE '%"ReplacementObjectLink"%'
            OR ${isCertificate(connection)})`,
        )
        .orderBy('id')
        .select<{ id: string }[]>('id'),
    );
    if (retired.length > 0) yield retired.map(({ id }) => id);
  }
}

/** Yields the certificates that objects name as their wrapping key, in pages. */
export async function* findWrappingCertificates(
  connection: Connection,
): AsyncGenerator<readonly Pick<FoundRow, 'id' | 'attributes'>[]> {
  const { knex, dialect } = connection;
  for await (const named of namedWrappingKeys(connection)) {
    const certificates = await retryTransient(() =>
      knex('objects')
        .whereIn('id', named)
        .whereRaw(isCertificate(connection))
        .orderBy('id')
        .select<Pick<FoundRow, 'id' | 'attributes'>[]>(
          'id',
          knex.raw(`${dialect.text('attributes')} AS attributes`),
        ),
    );
    if (certificates.length > 0) yield certificates;
  }
}

/** By its bytes, as the attributes may lack an Object Type. */
function isCertificate({ dialect }: Connection): string {
  return `${dialect.text('object')} LIKE '%"CertificateValue"%'`;
}

function* slices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Yields the distinct wrapping keys that objects name, by the database's collation. */
async function* namedWrappingKeys({
  knex,
  dialect,
}: Connection): AsyncGenerator<readonly string[]> {
  let after: string | null = null;
  for (;;) {
    const condition = `wrapping_key_id ${after === null ? 'IS NOT NULL' : '> ?'}`;
    const statement = dialect.distinctWrappingKeys(condition, PAGE_KEYS);
    const bound: string[] = after === null ? [] : [after];
    const query = knex.from(knex.raw(`(${statement}) AS named`, bound)).select('uid');
    const rows: { uid: string }[] = await retryTransient(
      async () => (await query.clone()) as never,
    );
    if (rows.length > 0) yield rows.map(({ uid }) => uid);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_KEYS) return;
    after = last.uid;
  }
}
