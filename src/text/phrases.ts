// Parts of sentences that messages have in common.

/** Returns a text in quotes, so that blanks and what cannot be printed are seen. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Returns a count with its noun, as in `1 error` and `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
