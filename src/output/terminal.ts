// What a stream is: a terminal or not, how wide, in colour or not. Only this file uses chalk.
import { Chalk, type ChalkInstance } from 'chalk';

export interface Terminal {
  readonly isTerminal: boolean;
  /** In columns; Infinity for anything but a terminal, so that nothing is cut. */
  readonly width: number;
  readonly paint: ChalkInstance;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A NO_COLOR that is not empty turns colour off (no-color.org). */
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
