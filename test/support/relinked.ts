// A key whose certificate was renewed: its row is what it was, but for the link to its certificate, in both copies
// of its attributes. No assertions here.
import { isDeepStrictEqual } from 'node:util';
import type { StoredRow } from './store.js';
import { linksOf, storedObject, type Members, type StoredObject } from './store-contents.js';

/** Returns the certificates that a key linked to and links to now, if nothing else of its row was changed. */
export function relinking(was: StoredRow, is: StoredRow): readonly [string, string] | null {
  const [one, other] = [storedObject(was), storedObject(is)];
  const same = isDeepStrictEqual(withoutLink(one), withoutLink(other));
  const copies = other.embedded === null ? [other.column] : [other.column, other.embedded];
  const [to, ...others] = new Set(copies.flatMap((copy) => linksOf(copy, 'CertificateLink')));
  const [from] = linksOf(one.column, 'CertificateLink');
  return same && to !== undefined && from !== undefined && others.length === 0 ? [from, to] : null;
}

function withoutLink({ row, column, embedded, ...object }: StoredObject): object {
  const { id, state, owner, wrapping_key_id } = row;
  const without = (members: Members) => ({
    ...members,
    Link: ((members['Link'] ?? []) as Members[]).filter(
      ({ LinkType }) => LinkType !== 'CertificateLink',
    ),
  });
  return {
    ...{ ...object, id, state, owner, wrapping_key_id },
    column: without(column),
    embedded: embedded === null ? null : without(embedded),
  };
}
