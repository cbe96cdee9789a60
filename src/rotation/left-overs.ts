// Tags and access grants of a uid that no object has: whoever deleted the object left them. A new object of that uid would
// take them over, so none is made. store/find/left-overs.ts finds them.
import { KmsError, type Reason } from '../errors.js';

/** How many rows of each table name a uid. */
export interface LeftOvers {
  /** The uid as the rows have it; a database may take it for one in other letters. */
  readonly uid: string;
  readonly tags: number;
  readonly grants: number;
}

/** Returns why no object can have this uid; `of` is the object that was to be replaced, if there is one. */
export function leftOversError(
  reason: Extract<Reason, 'KeysetConflict' | 'UidTaken'>,
  { uid, tags, grants }: LeftOvers,
  of: string | null = null,
): KmsError {
  const rows = [
    ...(tags > 0 ? [counted(tags, 'tags')] : []),
    ...(grants > 0 ? [counted(grants, 'read_access')] : []),
  ].join(' and ');
  const id = `'${uid.replaceAll("'", "''")}'`;
  const deletions = [
    ...(tags > 0 ? [`DELETE FROM tags WHERE id = ${id}`] : []),
    ...(grants > 0 ? [`DELETE FROM read_access WHERE id = ${id}`] : []),
  ].join('; ');
  // Some databases take a backslash for an escape, so that the statement, pasted, could be another one.
  const remedy = uid.includes('\\') ? 'delete these rows' : `run ${deletions}`;
  const what = `the uid ${JSON.stringify(uid)} has ${rows}, but no object`;
  return new KmsError(
    reason,
    of === null ? what : `${JSON.stringify(of)} cannot be replaced: ${what}`,
    {
      uid: of ?? uid,
      hint: `a deleted object left them, and the new one would get its tags and readers: check them, then ${of === null ? '' : 'run kms doctor --only rights-in-the-way --fix, or '}${remedy}`,
    },
  );
}

function counted(count: number, table: string): string {
  return `${count} ${count === 1 ? 'row' : 'rows'} of ${table}`;
}
