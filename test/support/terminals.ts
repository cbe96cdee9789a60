// Terminals of a given width, without colour or with it, for whatever prints to one.
import { Chalk } from 'chalk';
import type { Terminal } from '../../src/output/terminal.js';

export function plainTerminal(width: number): Terminal {
  const isTerminal = Number.isFinite(width);
  return { isTerminal, width, canAnimate: isTerminal, paint: new Chalk({ level: 0 }) };
}

export function colourTerminal(width: number): Terminal {
  return { isTerminal: true, width, canAnimate: true, paint: new Chalk({ level: 1 }) };
}

/** No terminal: nobody reads along, so nothing is cut. */
export const PIPE = plainTerminal(Infinity);

/** Returns what a generator prints, one text a line. */
export function linesOf(printed: Iterable<string>): readonly string[] {
  return [...printed].join('\n').split('\n');
}
