// Reads the files that `kms audit` is given: keys that seal the log, keys that verify its signatures, and its heads.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KmsError } from '../errors.js';
import { systemCodeOf } from '../files/system-error.js';
import { parseOutsideHeads, type OutsideHead } from '../report/audit/outside-heads.js';
import { readSealingKey } from '../settings/audit-key-files.js';
import { sealingKeyOf } from '../store/own/chain/audit-keys.js';
import { signingKeyId } from '../store/own/chain/sealed-row.js';

/** Returns keys by their ids, with that of the settings. @throws KmsError InvalidArgument, InvalidConfiguration */
export function sealingKeys(
  paths: readonly string[],
  configured: string | null,
): ReadonlyMap<string, Uint8Array> {
  const keys = [
    ...(configured === null ? [] : [readSealingKey(configured)]),
    ...paths.map((path) => sealingKeyOf(contentOf('--key-file', path))),
  ];
  return new Map(keys.map(({ id, bytes }) => [id, bytes]));
}

/** Returns the heads that a command line has, and those in files. @throws KmsError InvalidArgument */
export function headsFrom(
  texts: readonly string[],
  paths: readonly string[],
): readonly OutsideHead[] {
  return [
    ...texts.flatMap((text) => parseOutsideHeads('--head', text)),
    ...paths.flatMap((path) =>
      parseOutsideHeads(`--head-file ${path}`, contentOf('--head-file', path).toString('utf8')),
    ),
  ];
}

/** Returns public keys by their ids, from PEM. @throws KmsError InvalidArgument */
export function verifyingKeys(paths: readonly string[]): ReadonlyMap<string, KeyObject> {
  return new Map(
    paths.map((path) => {
      const key = publicKeyIn(path, contentOf('--public-key', path));
      return [signingKeyId(key.export({ format: 'der', type: 'spki' })), key];
    }),
  );
}

function publicKeyIn(path: string, pem: Buffer): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw noKey(path, cause);
  }
  throw noKey(path);
}

function noKey(path: string, cause?: unknown): KmsError {
  return new KmsError('InvalidArgument', `--public-key ${path} holds no Ed25519 key`, {
    hint: 'give its public key as PEM: openssl pkey -in KEY -pubout',
    cause,
  });
}

function contentOf(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new KmsError(
      'InvalidArgument',
      `${flag} ${path} cannot be read (${systemCodeOf(cause) ?? 'unknown error'})`,
      { cause },
    );
  }
}
