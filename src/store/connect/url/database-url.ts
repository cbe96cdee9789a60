// What a text that names a key store means: an SQLite file, or a server. What is neither is refused, and never taken
// for a path: the path would be shown and made, with a password in it. sqlite-path.ts and server-url.ts know the two.
import { parseServerUrl, SERVER_SCHEME } from './server-url.js';
import { pathIn } from './sqlite-path.js';
import { UrlMistake } from './url-mistake.js';

/** `url` is the text without what env files and editors leave around it. */
export type DatabaseUrl =
  | { readonly kind: 'sqlite'; readonly url: string; readonly path: string }
  | { readonly kind: 'server'; readonly url: string };

/**
 * Returns what the text means. It reads no file and connects to nothing.
 *
 * @throws UrlMistake if it cannot be used.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const url = withoutWrapping(text);
  if (!SERVER_SCHEME.test(url)) return { kind: 'sqlite', url, path: pathIn(url) };
  parseServerUrl(url);
  return { kind: 'server', url };
}

/** Returns the same, with the mistake instead of throwing it. */
export function readDatabaseUrl(
  text: string,
): DatabaseUrl | { readonly kind: 'mistake'; readonly mistake: UrlMistake } {
  try {
    return parseDatabaseUrl(text);
  } catch (error) {
    if (error instanceof UrlMistake) return { kind: 'mistake', mistake: error };
    throw error;
  }
}

/** Takes blanks, a byte order mark and one pair of quotes off the ends. */
function withoutWrapping(text: string): string {
  const bare = trimmed(text);
  const [, , quoted] = /^(["'])(.*)\1$/s.exec(bare) ?? [];
  return quoted === undefined ? bare : trimmed(quoted);
}

/** Without what stands for nothing at the ends: blanks, control characters, a byte order mark. */
function trimmed(text: string): string {
  return text.replace(/^[\s\p{Cc}\u200b\ufeff]+|[\s\p{Cc}\u200b\ufeff]+$/gu, '');
}
