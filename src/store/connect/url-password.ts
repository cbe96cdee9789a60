// Puts a password into a database URL, or takes it out.
import { KmsError } from '../../errors.js';

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
  const { scheme, user, password: inUrl, rest } = parts;
  if (inUrl === '') return `${scheme}${user}:${encodeURIComponent(password)}@${rest}`;
  throw invalid(
    'the database URL has a password, and database.password is set too',
    'leave it out of one of the two',
  );
}

/** Returns a URL without its password, and the password; empty if there is none. */
export function splitPassword(url: string): { readonly url: string; readonly password: string } {
  const parts = partsOf(url);
  if (parts === null || parts.password === '') return { url, password: '' };
  const { scheme, user, password, rest } = parts;
  try {
    return { url: `${scheme}${user}@${rest}`, password: decodeURIComponent(password) };
  } catch {
    throw invalid('a % in the database URL begins no escape', 'write a % for itself as %25');
  }
}

/** Null for SQLite. */
function partsOf(url: string) {
  const [, scheme, userinfo = '', rest = ''] =
    /^((?!sqlite:)[a-z][a-z0-9+]*:\/\/)(?:([^/?#]*)@)?(.*)$/is.exec(url) ?? [];
  if (scheme === undefined) return null;
  const [user = '', ...password] = userinfo.split(':');
  return { scheme, user, password: password.join(':'), rest };
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint });
}
