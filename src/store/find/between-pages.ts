// Reads rows in pages by uid, and what happens between two pages of a long search.
import { retryTransient } from '../connect/retry-transient.js';

/** Yields what `select` returns after each uid, so many rows at a time and in order, until there are no more. */
export async function* pagesByUid<Row extends { readonly id: string }>(
  pageRows: number,
  select: (after: string | null) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  let after: string | null = null;
  for (;;) {
    const from: string | null = after;
    const rows: readonly Row[] = await retryTransient(() => select(from));
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageRows) return;
    await betweenPages();
    after = last.id;
  }
}

/** Lets the process see signals and draw its spinner: SQLite answers without ever waiting, so nothing else would run. */
export function betweenPages(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
