// What a stream is: a terminal or not, how wide, coloured or not. The one place that asks chalk.
import { Chalk, type ChalkInstance } from 'chalk';

export interface Terminal {
  readonly isTerminal: boolean;
  /** Columns; Infinity where nobody reads along, so that nothing is cut. */
  readonly width: number;
  readonly paint: ChalkInstance;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** NO_COLOR, if not empty, turns colour off (no-color.org). */
export function terminalOf(
  stream: Stream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stream.isTTY ?? false;
  const coloured = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return {
    isTerminal,
    width: isTerminal ? (stream.columns ?? 80) : Infinity,
    paint: new Chalk(coloured ? {} : { level: 0 }),
  };
}

/** Returns a text as lines of at most so many columns, broken at blanks; a longer word has a line of its own. */
export function folded(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** Returns a text from the store with characters that would steer a terminal written out. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
