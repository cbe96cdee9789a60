// A database URL as it may be shown: with everything that tells where it leads, without its password.

/**
 * Returns the URL with its password, if it has one, put out of sight: all up to the last @, since a
 * password may hold one that somebody forgot to escape.
 */
export function redactedUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+]*:\/\/[^:@/]*):.*@/is, '$1:***@')
    .replace(/([?&][a-z]*pass[a-z]*=)[^&]*/gi, '$1***');
}
