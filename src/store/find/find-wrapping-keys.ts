// Finds wrapping keys that are no longer Active, or replaced, while objects still name them, and those objects.
// Reads each distinct value of the server's index on wrapping_key_id once, however many objects share it.
import type { Connection } from '../connect/connection.js';
import { notDestroyed } from './dependants.js';
import { pagesById, type FoundRow, type ObjectFilters } from './find.js';
import { retryTransient } from '../connect/transact.js';

/** How many distinct wrapping keys are looked at together. */
const PAGE_KEYS = 500;

/**
 * Yields the uids of the wrapping keys that an object names, or of those given, that are not Active, in pages, and of
 * those whose state nobody knows, or that are said to be replaced: versions of the server before its release left them
 * Active (storage format §6.12).
 * Certificates are among them whatever they are: their pair may have been replaced without them.
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
        // As the database matches them, for so does the server: on MySQL KEK may mean kek.
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

/** Yields the certificates that an object names as its wrapping key, in pages. */
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

/** Its object says so: attributes may be missing. */
function isCertificate({ dialect }: Connection): string {
  return `${dialect.text('object')} LIKE '%"CertificateValue"%'`;
}

/** Yields the objects that name a wrapping key and pass the filters, Destroyed ones aside. */
export function findWrappedBy(
  connection: Connection,
  wrappingKeyUid: string,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  return pagesById(connection, filters, (query) => {
    void query.where('wrapping_key_id', wrappingKeyUid).whereRaw(notDestroyed('objects'));
  });
}

/** Yields the objects of these uids that pass the filters. */
export async function* findByUids(
  connection: Connection,
  uids: readonly string[],
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  for (const some of slices(uids, PAGE_KEYS)) {
    yield* pagesById(connection, filters, (query) => void query.whereIn('id', some));
  }
}

function* slices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Yields the wrapping keys that objects name, each once as the database tells them apart. */
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
