// Finds the known name that a mistyped one probably means, for error messages.

/** Returns the nearest candidate, or null if more than a third of the longer name would have to change. */
export function closeMatch(name: string, candidates: readonly string[]): string | null {
  const candidate = nearest(name, candidates);
  const isNear = 3 * distance(name, candidate) <= Math.max(name.length, candidate.length);
  return isNear ? candidate : null;
}

/** Returns the candidate with the smallest edit distance to a name; two letters changed about count as one edit. */
export function nearest(name: string, candidates: readonly string[]): string {
  const ranked = candidates.map((candidate) => ({
    candidate,
    distance: distance(name, candidate),
  }));
  ranked.sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate ?? '';
}

function distance(a: string, b: string): number {
  let above: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (above[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted, swapped));
    }
    above = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
