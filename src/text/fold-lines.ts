// Breaks a text into lines. Pure.

/** Returns a text as lines of at most this many columns, broken at blanks; a longer word gets a line of its own. */
export function foldLines(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
