// Finds private keys that name somebody else's public key as theirs: no index of the server leads from a public key
// to them. All are left out whose public key is called as a server calls it.
import type { Knex } from 'knex';
import type { Connection } from '../connect/connection.js';
import { pagesById, type FoundRow } from './find.js';

/** Yields live private keys, not replaced, whose PublicKeyLink leads to another uid than their own and `_pk`. */
export function findForeignPublicKeyLinks(
  connection: Connection,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexed } = connection;
  const { table, condition } = dialect.foreignPublicKeyLinks(indexed.foreignLinks);
  const restrict = (query: Knex.QueryBuilder) =>
    void query.whereIn('state', ['Active', 'PreActive']).whereRaw(condition);
  return pagesById(connection, { tags: [] }, restrict, table);
}
