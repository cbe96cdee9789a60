// The path of an SQLite file, from sqlite:PATH or a plain path. A text that looks like anything else is refused.
import { basename, extname } from 'node:path';
import { cannot, UrlMistake } from './url-mistake.js';

/** Schemes that people try, which may be named in a message; of others nothing is shown. */
const FOREIGN_SCHEME =
  /^(?:file|jdbc|https?|sqlite3|libsql|mongodb|oracle|sqlserver|mssql|cockroachdb|redshift|(?:sqlite|postgres|postgresql|mysql|mariadb)\+[a-z0-9]+)$/;

const FORMS = 'give sqlite:PATH, a plain path, postgres://…, mysql://… or mariadb://…';
const ESCAPES =
  'write postgres://user@host/database; keep the password in KMS_DATABASE_PASSWORD, or escape @ : / in it';

/** Returns the path. @throws UrlMistake if the text names no file. */
export function pathIn(text: string): string {
  if (text === '') throw new UrlMistake('must be a string, and not empty', FORMS);
  if (text === ':memory:') throw inMemory();
  const scheme = /^([a-z][a-z0-9+]+):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'sqlite') return pathOfUrl(text.slice('sqlite:'.length));
  if (scheme !== undefined) throw foreign(scheme);
  assertPath(text);
  return text;
}

/** Returns the URL of a path; the path itself if it has what would begin parameters in a URL. */
export function sqliteUrl(path: string): string {
  return /[?#]/.test(path) ? path : `sqlite:${path}`;
}

/** Returns what the database in a file is called: the file's name without folders and ending. */
export function storeFileName(path: string): string {
  return basename(path, extname(path));
}

function pathOfUrl(rest: string): string {
  if (rest === '') throw cannot('it names no file', FORMS);
  if (rest.startsWith(':memory:')) throw inMemory();
  if (/^file:/i.test(rest)) throw cannot('it has two schemes', 'write sqlite:PATH without file:');
  if (/[?#]/.test(rest)) {
    const hint = 'write sqlite:PATH alone; a file whose name has ? or # is named by its plain path';
    throw cannot('sqlite: takes no parameters', hint);
  }
  if (/^\/\/[^/]/.test(rest)) {
    throw cannot('sqlite:// names a host', 'write sqlite:PATH, or sqlite:///PATH from the root');
  }
  // sqlite:///PATH has an empty host.
  const path = rest.replace(/^\/{2,}/, '/');
  assertPath(path);
  return path;
}

/** @throws UrlMistake for what is more likely a URL or a connection string than a path. */
function assertPath(path: string): void {
  if (/:\/\/|^\/\/|:.*@|^(?:postgres|postgresql|mysql|mariadb|sqlite)\/\//is.test(path)) {
    throw cannot('it is neither a path nor a URL that kms knows', ESCAPES);
  }
  if (/(?:password|passwd|pwd)\s*=|(?:^|\s)(?:host|hostaddr|user|dbname|port)\s*=/i.test(path)) {
    throw cannot('it is a list of parameters, not a URL', ESCAPES);
  }
  if (/^~(?:\/|$)/.test(path)) {
    throw cannot('a ~ is not expanded here', 'write the path of the home folder');
  }
  if (/^["'`“”‘’«»]|["'`“”‘’«»]$/.test(path)) {
    throw cannot('it begins or ends with a quote', 'take the quotes off');
  }
  if (/\p{Cc}|(?:^|\/)[\s\ufeff]|[\s\ufeff](?:\/|$)/u.test(path)) {
    const hint = 'take it off; names of files and folders begin and end with something visible';
    throw cannot('a name in it begins or ends with a blank, or has a control character', hint);
  }
}

function foreign(scheme: string): UrlMistake {
  return FOREIGN_SCHEME.test(scheme)
    ? cannot(`URLs of the form ${scheme}:… are not supported`, FORMS)
    : cannot('it is neither a path nor a URL that kms knows', `${FORMS}; ${ESCAPES}`);
}

function inMemory(): UrlMistake {
  return cannot('a store in memory would be gone at once', 'name a file: sqlite:PATH');
}
