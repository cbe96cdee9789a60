// Files that a service manager passes to a service as credentials, whatever rights the files themselves have:
// `LoadCredential=` of systemd. A credential is named after the path of its file, so that a configuration file names
// one path, and it leads to the file with and without a service.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Returns the path from which a file is to be read: that of its credential, if this process has it. */
export function readablePath(path: string): string {
  const folder = process.env['CREDENTIALS_DIRECTORY'] ?? '';
  if (folder === '') return path;
  const credential = join(folder, credentialName(path));
  return existsSync(credential) ? credential : path;
}

/** Returns the name of the credential with a file's content: `etc@kms@ca.pem` for /etc/kms/ca.pem. */
export function credentialName(path: string): string {
  return resolve(path).slice(1).replaceAll('/', '@');
}

/** Says whether systemd takes the name: ASCII that can be printed, at most 255 characters, and no colon. */
export function canBeCredential(path: string): boolean {
  return /^[\x20-\x39\x3b-\x7e]{1,255}$/.test(credentialName(path));
}
