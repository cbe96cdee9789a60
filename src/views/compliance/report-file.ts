// Writes a report to a file and, if a signing key is configured, its detached Ed25519 signature beside it.
import { sign, type KeyObject } from 'node:crypto';
import { writeNamedFile } from '../../files/write-named-files.js';

export interface WrittenReport {
  readonly file: string;
  /** The file of the signature, in base64; null without a key. */
  readonly signature: string | null;
}

/** Writes both files whole. The signature is over the bytes of the report’s file. @throws KmsError InvalidArgument */
export function writeReport(path: string, text: string, key: KeyObject | null): WrittenReport {
  writeNamedFile('--output', path, text);
  if (key === null) return { file: path, signature: null };
  const signature = `${path}.sig`;
  writeNamedFile(
    '--output',
    signature,
    `${sign(null, Buffer.from(text), key).toString('base64')}\n`,
  );
  return { file: path, signature };
}
