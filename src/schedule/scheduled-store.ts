// How scheduled runs find the store: the variables that name it, the file with its secret, and the user whom it lets in.
import { resolve } from 'node:path';
import { accountName } from '../files/account.js';
import type { Environment } from '../settings/environment.js';
import type { ResolvedSettings } from '../settings/resolve-settings.js';
import { variableOf, type SettingName } from '../settings/settings.js';
import { sqlitePath } from '../store/connect/connect.js';
import { holdsPassword } from '../store/connect/url/redacted-url.js';
import { parseServerUrl } from '../store/connect/url/server-url.js';
import { sqliteUrl } from '../store/connect/url/sqlite-path.js';
import { statusOf } from './access.js';
import { secretFile, type SecretFile, type Variable } from './carried-variables.js';

export interface ScheduledStore {
  /** The absolute path of an SQLite store; null for a server. */
  readonly sqlite: string | null;
  readonly server: 'postgresql' | 'mysql' | null;
  readonly variables: readonly Variable[];
  readonly secrets: readonly SecretFile[];
  /** The sockets of a server, or their folders. */
  readonly sockets: readonly string[];
  /** True if the server knows who connects by the user of the process, since nothing else is given. */
  readonly asksForUser: boolean;
  /** Who can open the store: its owner, or the role that the socket lets in; null if that does not matter. */
  readonly user: string | null;
}

/** @param databaseUrl of the settings, with the password wherever that came from */
export function scheduledStore(
  settings: ResolvedSettings,
  databaseUrl: string,
  env: Environment,
  secretsFolder: string,
): ScheduledStore {
  const path = sqlitePath(databaseUrl);
  if (path !== null) return sqliteStore(resolve(path));
  const server = parseServerUrl(databaseUrl);
  const { user, password } = server.address;
  const sockets = server.hosts.flatMap(({ socket }) => (socket === null ? [] : [socket]));
  const asksForUser = password === '' && sockets.length === server.hosts.length;
  const role = user === '' && server.dialectName === 'postgresql' ? (env['PGUSER'] ?? '') : user;
  const secretOf = (name: SettingName) => secretFile(name, settings, env, secretsFolder);
  const url = namedUrl(settings, asksForUser);
  return {
    sqlite: null,
    server: server.dialectName,
    variables: url === null ? [] : [{ name: URL_VARIABLE, value: url, isFile: false }],
    secrets: [
      ...(url === null && settings.source(URL_SETTING).kind !== 'file'
        ? [secretOf(URL_SETTING)]
        : []),
      ...(settings.source(PASSWORD).kind === 'variable' ? [secretOf(PASSWORD)] : []),
    ],
    sockets,
    asksForUser,
    user: asksForUser && role !== '' ? role : null,
  };
}

const URL_SETTING = 'database.url' satisfies SettingName;
const PASSWORD = 'database.password' satisfies SettingName;
const URL_VARIABLE = variableOf(URL_SETTING);

function sqliteStore(path: string): ScheduledStore {
  return {
    sqlite: path,
    server: null,
    variables: [{ name: URL_VARIABLE, value: sqliteUrl(path), isFile: false }],
    secrets: [],
    sockets: [],
    asksForUser: false,
    user: ownerOf(path),
  };
}

/** Returns the owner of a store, or who would own it if it were created now. */
function ownerOf(path: string): string {
  const found = statusOf(path)?.uid ?? process.getuid?.();
  return found === process.getuid?.() ? (accountName() ?? String(found)) : String(found);
}

/** Returns the URL of a server that may stand in a schedule, since it is no secret and needs none but what has a file. */
function namedUrl(settings: ResolvedSettings, asksForUser: boolean): string | null {
  const source = settings.source(URL_SETTING);
  const url = settings.get(URL_SETTING) ?? '';
  const isPlain =
    source.kind === 'flag' || (source.kind === 'variable' && source.name === URL_VARIABLE);
  const hasPassword = settings.get(PASSWORD) !== undefined;
  return isPlain && !holdsPassword(url) && (asksForUser || hasPassword) ? url : null;
}
