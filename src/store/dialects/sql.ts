// Pieces of SQL that several dialects share. A query of one feature stands where the feature does, in find/, write/ and
// own/.

/** A value that a column holds or a statement binds. */
export type SqlValue = string | number | null;

/** Returns the placeholders of bound values in a list. */
export function placeholders(items: readonly unknown[]): string {
  return Array<string>(items.length).fill('?').join(', ');
}

/** Returns VALUES as a derived table, for databases that call its columns column1, column2 and so on. */
export function valuesAsTable(columns: readonly string[], rows: number): string {
  const names = columns.map((column, index) => `column${index + 1} AS ${column}`).join(', ');
  const row = `(${placeholders(columns)})`;
  return `(SELECT ${names} FROM (VALUES ${Array<string>(rows).fill(row).join(', ')}) AS listed)`;
}

/** Returns `ByDeadline.after` as a comparison of rows, for databases that look one up in an index. */
export function afterByRowComparison(earliest: string): string {
  return `(${earliest} >= ? AND (${earliest}, objects.id) > (?, ?))`;
}

/**
 * Returns the distinct wrapping keys by a loose index scan: a recursion that steps from one value of the index to the
 * next. DISTINCT would read every entry.
 */
export function looseIndexScan(condition: string, limit: number): string {
  return `WITH RECURSIVE stepped (uid, place) AS (
    SELECT min(wrapping_key_id), 1 FROM objects WHERE ${condition}
    UNION ALL
    SELECT (SELECT min(wrapping_key_id) FROM objects WHERE wrapping_key_id > stepped.uid), place + 1
      FROM stepped WHERE uid IS NOT NULL AND place < ${limit}
  ) SELECT uid FROM stepped WHERE uid IS NOT NULL ORDER BY place`;
}
