// Puts a password into a database URL, or takes it out.
import { KmsError } from '../../../errors.js';
import { parseDatabaseUrl } from './database-url.js';
import { parseServerUrl } from './server-url.js';
import { splitUrl, type UrlParts } from './split-url.js';

/** @throws KmsError InvalidConfiguration if the URL has a password, or cannot have one. */
export function withPassword(url: string, password: string): string {
  if (password === '') return url;
  const parts = partsOf(url);
  if (parts === null) {
    throw invalid(
      'database.password is set, but an SQLite file has none, and is not encrypted by one',
      'leave the password out, or name a server by the URL',
    );
  }
  if (parseServerUrl(url).address.password === '')
    return joined(parts, `:${encodeURIComponent(password)}`);
  throw invalid(
    'the database URL has a password, and database.password is set too',
    'leave it out of one of the two',
  );
}

/** Returns a URL without its password, and the password; empty if there is none. */
export function splitPassword(url: string): { readonly url: string; readonly password: string } {
  const parts = partsOf(url);
  const password = parts === null ? '' : parseServerUrl(url).address.password;
  if (parts === null || password === '') return { url, password: '' };
  return { url: joined({ ...parts, query: withoutPassword(parts.query) }, ''), password };
}

/** Nothing else of the query changes, not even how it is escaped. */
function withoutPassword(query: string): string {
  const isKept = (parameter: string) => !new URLSearchParams(parameter).has('password');
  const kept = query.slice(1).split('&').filter(isKept).join('&');
  return kept === '' ? '' : `?${kept}`;
}

/** Null for SQLite. */
function partsOf(url: string): UrlParts | null {
  return parseDatabaseUrl(url).kind === 'sqlite' ? null : splitUrl(url);
}

function joined({ scheme, user, hosts, path, query }: UrlParts, password: string): string {
  const login = `${user}${password}`;
  return `${scheme}://${login}${login === '' ? '' : '@'}${hosts}${path}${query}`;
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint });
}
