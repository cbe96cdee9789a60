// What a stream is: a terminal or not, how wide, in colour or not. Only this file uses chalk.
import { Chalk, type ChalkInstance } from 'chalk';

export interface Terminal {
  readonly isTerminal: boolean;
  /** In columns; Infinity for anything but a terminal, so that nothing is cut. */
  readonly width: number;
  /** Whether a line can be drawn again and again in its place. */
  readonly canAnimate: boolean;
  readonly paint: ChalkInstance;
}

interface Size {
  readonly columns?: number;
  readonly rows?: number;
}

interface Stream extends Size {
  readonly isTTY?: boolean;
}

/** Where the size of a terminal is not known, as with `script` or `ssh -tt`, it is said to be 0 by 0. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };

/** In columns; a line of progress that is broken over several lines is no use. */
const LEAST_ANIMATED = 20;

/** A NO_COLOR that is not empty turns colour off (no-color.org). */
export function terminalOf(
  stream: Stream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stream.isTTY ?? false;
  const coloured = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return {
    isTerminal,
    width: isTerminal ? knownSize(stream).columns : Infinity,
    canAnimate: isTerminal && !isDumb(env) && (stream.columns ?? 0) >= LEAST_ANIMATED,
    paint: new Chalk(coloured ? {} : { level: 0 }),
  };
}

/** Returns the size of a terminal, as far as it is known. */
export function knownSize({ columns = 0, rows = 0 }: Size): Required<Size> {
  return { columns: columns || DEFAULT_SIZE.columns, rows: rows || DEFAULT_SIZE.rows };
}

/** Says whether a terminal does nothing but print, as that of an editor or of a serial line. */
export function isDumb(env: Readonly<Record<string, string | undefined>>): boolean {
  return ['', 'dumb'].includes(env['TERM'] ?? '');
}
