// Writes a report to a file and, if a signing key is configured, its detached Ed25519 signature beside it.
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KmsError } from '../../errors.js';
import { readablePath } from '../../files/credential.js';
import { systemCodeOf } from '../../files/system-error.js';
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

/** Reads the key of `audit.signing_key_file`. @throws KmsError InvalidConfiguration if it is of no use. */
export function readReportKey(path: string): KeyObject {
  const pem = pemIn(path);
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Its message may quote what it read.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw unusable(path, `holds no Ed25519 key in PEM (PKCS#8) without a passphrase`);
}

function pemIn(path: string): Buffer {
  try {
    return readFileSync(readablePath(path));
  } catch (cause) {
    const code = systemCodeOf(cause);
    throw unusable(path, `cannot be read${code === null ? '' : ` (${code})`}`);
  }
}

function unusable(path: string, why: string): KmsError {
  return new KmsError('InvalidConfiguration', `audit.signing_key_file: ${path} ${why}`, {
    hint: 'make one with openssl genpkey -algorithm ed25519 -out FILE and chmod 600 it',
  });
}
