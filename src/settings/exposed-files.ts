// Notices about files with secrets that everybody on this host can get at: the store, a kms.toml with passwords,
// and the keys of the rotation log.
import { statSync } from 'node:fs';
import { readablePath } from '../files/credential.js';
import { systemCodeOf } from '../files/system-error.js';
import { sqlitePath } from '../store/connect/connect.js';
import { holdsPassword } from '../store/connect/url/redacted-url.js';
import type { ResolvedSettings } from './resolve-settings.js';
import { SETTING_NAMES, settingNamed, variableOf } from './settings.js';

/** The mode bits of those who are neither the file's owner nor in its group. */
const READ = 0o004;
const WRITE = 0o002;

/** Returns at most one notice for each file. */
export function exposedFiles(settings: ResolvedSettings, databaseUrl: string): readonly string[] {
  return [
    ...exposedSettings(settings),
    ...exposedStore(databaseUrl),
    ...KEY_FILES.flatMap((name) => exposedKey(name, settings)),
  ];
}

function exposedSettings(settings: ResolvedSettings): readonly string[] {
  const { file } = settings;
  if (file === null || !isOpenFor(READ, file)) return [];
  const secrets = SETTING_NAMES.filter((name) => {
    if (settingNamed(name).secret !== true || settings.source(name).kind !== 'file') return false;
    const value: unknown = settings.get(name);
    // A URL is a secret only if it has a password.
    return name === 'database.url' ? holdsPassword(String(value)) : value !== '';
  });
  if (secrets.length === 0) return [];
  const names = secrets.join(', ');
  const variables = secrets.map((name) => `${variableOf(name)}_FILE`).join(', ');
  return [
    `${file} may be read by everybody on this host, and holds ${secrets.length === 1 ? 'a secret' : 'secrets'}: ${names}; chmod 600 it, or give ${variables}`,
  ];
}

function exposedStore(databaseUrl: string): readonly string[] {
  const path = sqlitePath(databaseUrl);
  if (path === null || !isOpenFor(READ | WRITE, path)) return [];
  const rights = [isOpenFor(READ, path) ? 'read' : '', isOpenFor(WRITE, path) ? 'written' : ''];
  const words = rights.filter((right) => right !== '').join(' and ');
  return [
    `the store ${path} may be ${words} by everybody on this host, and holds keys; chmod 600 it, or keep it in a folder that only its users may enter`,
  ];
}

const KEY_FILES = ['audit.key_file', 'audit.signing_key_file'] as const;

function exposedKey(name: (typeof KEY_FILES)[number], settings: ResolvedSettings): string[] {
  const path = settings.get(name);
  if (path === undefined || !isOpenFor(READ, readablePath(path))) return [];
  return [`${name}: ${path} may be read by everybody on this host, and holds a key; chmod 600 it`];
}

/** A file that we may not even look at is no open one. */
function isOpenFor(rights: number, path: string): boolean {
  try {
    return (statSync(path).mode & rights) !== 0;
  } catch (error) {
    if (systemCodeOf(error) === null) throw error;
    return false;
  }
}
