// Reads the files of the keys that `audit.key_file` and `audit.signing_key_file` name.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KmsError } from '../errors.js';
import { readablePath } from '../files/credential.js';
import { systemCodeOf } from '../files/system-error.js';
import {
  sealingKeyOf,
  signingKeyOf,
  type AuditKeys,
  type SealingKey,
} from '../store/own/chain/audit-keys.js';
import type { Config } from './config.js';

/** Reads both keys, as far as they are set. @throws KmsError InvalidConfiguration if one is of no use. */
export function readAuditKeys({
  sealingKeyFile,
  signingKeyFile,
}: Pick<Config, 'sealingKeyFile' | 'signingKeyFile'>): AuditKeys {
  return {
    sealing: sealingKeyFile === null ? null : readSealingKey(sealingKeyFile),
    signing: signingKeyFile === null ? null : signingKeyOf(readSigningKey(signingKeyFile)),
  };
}

const FEWEST_BYTES = 32;

/** Reads a key that seals the log: all bytes of its file. @throws KmsError InvalidConfiguration */
export function readSealingKey(path: string, from = 'audit.key_file'): SealingKey {
  const where = `${from}: ${path}`;
  const hint = 'make a key with openssl rand -out FILE 32 and chmod 600 it';
  const bytes = contentOf(path, where, hint);
  if (bytes.length >= FEWEST_BYTES) return sealingKeyOf(bytes);
  const what = bytes.length === 0 ? 'is empty' : `has ${bytes.length} bytes, too few for a key`;
  throw unusable(`${where} ${what}`, hint);
}

/** Reads the key that signs evidence. @throws KmsError InvalidConfiguration if it is of no use. */
export function readSigningKey(path: string): KeyObject {
  const where = `audit.signing_key_file: ${path}`;
  const hint = 'make one with openssl genpkey -algorithm ed25519 -out FILE and chmod 600 it';
  const pem = contentOf(path, where, hint);
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Its message may quote what it read.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw unusable(`${where} holds no Ed25519 key in PEM (PKCS#8) without a passphrase`, hint);
}

function contentOf(path: string, where: string, hint: string): Buffer {
  try {
    return readFileSync(readablePath(path));
  } catch (cause) {
    const code = systemCodeOf(cause);
    throw unusable(`${where} cannot be read${code === null ? '' : ` (${code})`}`, hint);
  }
}

function unusable(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint });
}
