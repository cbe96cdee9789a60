// Writes a report to a file and, if a signing key is configured, its detached Ed25519 signature beside it.
import { sign, type KeyObject } from 'node:crypto';
import { writeNamedFile } from '../../files/write-named-files.js';
import { inLargerPieces } from '../../text/larger-pieces.js';

export interface WrittenReport {
  readonly file: string;
  /** The file of the signature, in base64; null without a key. */
  readonly signature: string | null;
}

/**
 * Writes both files whole. The signature is over the bytes of the report’s file, which must all be in memory for it.
 *
 * @throws KmsError InvalidArgument
 */
export function writeReport(
  path: string,
  lines: () => Iterable<string>,
  key: KeyObject | null,
): WrittenReport {
  const pieces = { [Symbol.iterator]: () => inLargerPieces(withEnds(lines())) };
  if (key === null) {
    writeNamedFile('--output', path, pieces);
    return { file: path, signature: null };
  }
  const text = [...pieces];
  writeNamedFile('--output', path, text);
  const bytes = Buffer.concat(text.map((piece) => Buffer.from(piece)));
  const signature = `${path}.sig`;
  writeNamedFile('--output', signature, `${sign(null, bytes, key).toString('base64')}\n`);
  return { file: path, signature };
}

function* withEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
