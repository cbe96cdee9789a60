// Finds private keys whose public key does not have the uid that a server gives it, their own with `_pk`. They may
// share a public key with another private key, and no index of the server leads from a public key to its private keys.
import type { Knex } from 'knex';
import type { Connection } from '../connect/connection.js';
import { pagesById, type FoundRow } from './found-pages.js';

/** Yields Active and PreActive private keys, not replaced, whose PublicKeyLink leads to another uid. */
export function findForeignPublicKeyLinks(
  connection: Connection,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexes } = connection;
  const { table, condition } = dialect.subset('foreignPublicKeyLinks', indexes);
  const restrict = (query: Knex.QueryBuilder) =>
    void query.whereIn('state', ['Active', 'PreActive']).whereRaw(condition);
  return pagesById(connection, { tags: [] }, restrict, table);
}
