// A database URL as it may be shown: with everything that tells where it leads, without its password.

/** Returns the URL with its password, if it has one, put out of sight. */
export function shownUrl(url: string): string {
  if (!/^[a-z][a-z0-9+]*:\/\//i.test(url)) return url;
  if (!URL.canParse(url)) return url.replace(/:\/\/.*@/s, '://***@');
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  for (const name of parsed.searchParams.keys()) {
    if (/pass/i.test(name)) parsed.searchParams.set(name, '***');
  }
  return parsed.href;
}
