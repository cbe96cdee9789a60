// A database URL that may be shown: without its passwords. They are hidden by where they stand, not by how they look.
import { readDatabaseUrl } from './database-url.js';
import { SERVER_SCHEME } from './server-url.js';
import { splitUrl } from './split-url.js';
import { isSecretParameter } from './url-parameters.js';

const HIDDEN = '***';

/** Returns the URL with *** for its passwords. Of one that cannot be used it shows the scheme at most. */
export function redactedUrl(text: string): string {
  const read = readDatabaseUrl(text);
  if (read.kind === 'sqlite') return read.url;
  const parts = splitUrl(read.kind === 'mistake' ? text.trim() : read.url);
  if (parts === null || !SERVER_SCHEME.test(`${parts.scheme}:`)) return HIDDEN;
  const { scheme, user, password, hosts, path, query } = parts;
  // A password may hold a / or ? that was not escaped, and so reach beyond the host.
  if (read.kind === 'mistake' || query.includes('@')) return `${scheme}://${HIDDEN}`;
  const login = password === null ? user : `${user}:${HIDDEN}`;
  return `${scheme}://${login}${login === '' ? '' : '@'}${hosts}${path}${hiddenIn(query)}`;
}

/** Says whether a URL that can be used has a password in it, of the server or for a file. */
export function holdsPassword(text: string): boolean {
  const parts = splitUrl(text);
  if (parts === null) return false;
  return (
    (parts.password ?? '') !== '' ||
    [...new URLSearchParams(parts.query).keys()].some(isSecretParameter)
  );
}

function hiddenIn(query: string): string {
  return query.replace(/([?&])([^=&]*)=[^&]*/g, (all, before: string, name: string) =>
    isSecretParameter(decodeURIComponent(name)) ? `${before}${name}=${HIDDEN}` : all,
  );
}
