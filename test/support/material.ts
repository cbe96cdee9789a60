// Key material of a store, and the forms in which it might turn up in a text without white space.
import { existsSync } from 'node:fs';
import { rowsOf } from './sqlite.js';

/** Bytes that must agree before a match is no accident: six are eight characters of base64. */
const TELLING_BYTES = 6;

/** Returns the material of every symmetric key of a store that is stored in clear. */
export function materialsOf(store: string): readonly Buffer[] {
  if (!existsSync(store)) return [];
  return rowsOf(store).flatMap(({ object }) =>
    [...object.matchAll(/"Key":\[([\d,]+)\]/g)].map(([, numbers]) =>
      Buffer.from((numbers ?? '').split(',').map(Number)),
    ),
  );
}

/** Returns the beginning of some material as numbers, hex, base64 and as raw text. */
export function formsOf(material: Buffer): readonly string[] {
  const start = material.subarray(0, TELLING_BYTES);
  return [
    [...start].join(','),
    start.toString('hex'),
    start.toString('base64'),
    start.toString('latin1').replace(/\s+/g, ''),
    start.toString('utf8').replace(/\s+/g, ''),
  ].filter((form) => form.length >= TELLING_BYTES - 2);
}
