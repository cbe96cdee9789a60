// Finds private keys that name somebody else's public key as theirs. No index leads from a public key to them: it
// takes a look at every row, with all those left out whose public key is called as a server calls it.
import type { Connection } from './connection.js';
import { pagesById, type Candidate } from './find.js';

/** Yields live private keys, not replaced, whose PublicKeyLink leads to another uid than their own and `_pk`. */
export function findForeignPublicKeyLinks(
  connection: Connection,
): AsyncGenerator<readonly Candidate[]> {
  // Databases differ in the blank after a colon.
  const attributes = `REPLACE(${connection.dialect.text('attributes')}, '": "', '":"')`;
  const own = `CONCAT('"LinkedObjectIdentifier":"', objects.id, '_pk"')`;
  return pagesById(connection, { tags: [] }, (query) => {
    void query
      .whereIn('state', ['Active', 'PreActive'])
      .whereRaw(`${attributes} LIKE '%"ObjectType":"PrivateKey"%'`)
      .whereRaw(`${attributes} LIKE '%"PublicKeyLink"%'`)
      .whereRaw(`${attributes} NOT LIKE '%"ReplacementObjectLink"%'`)
      .whereRaw(`LENGTH(REPLACE(${attributes}, ${own}, '')) = LENGTH(${attributes})`);
  });
}
