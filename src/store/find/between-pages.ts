// What happens between two pages of a long search.

/** Lets the process see signals and draw its spinner: SQLite answers without ever waiting, so nothing else would run. */
export function betweenPages(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
