// A database URL that may be shown: without its password.

/**
 * Returns the URL with *** for its password. It replaces everything up to the last @, since a password may hold one
 * that was not escaped.
 */
export function redactedUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+]*:\/\/[^:@/]*):.*@/is, '$1:***@')
    .replace(/([?&][a-z]*pass[a-z]*=)[^&]*/gi, '$1***');
}
