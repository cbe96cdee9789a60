// The parts of the URL of a server, as they stand in it: nothing is decoded or checked.

export interface UrlParts {
  readonly scheme: string;
  readonly user: string;
  /** Null if there is no colon behind the user. */
  readonly password: string | null;
  /** What stands between the last @ and the path: hosts and ports. */
  readonly hosts: string;
  /** With the / that it begins with; empty if there is none. */
  readonly path: string;
  /** With the ? that it begins with; empty if there is none. */
  readonly query: string;
  /** With the # that it begins with; empty if there is none. */
  readonly fragment: string;
}

/** Returns the parts, or null if the text does not begin with a scheme and `://`. */
export function splitUrl(url: string): UrlParts | null {
  const found =
    /^([a-z][a-z0-9+]*):\/\/([^/?#]*)(\/[^?#]*)?(\?[^#]*)?(#.*)?$/is.exec(url) ?? undefined;
  if (found === undefined) return null;
  const [, scheme = '', authority = '', path = '', query = '', fragment = ''] = found;
  const at = authority.lastIndexOf('@');
  const login = at < 0 ? '' : authority.slice(0, at);
  const colon = login.indexOf(':');
  return {
    scheme,
    user: colon < 0 ? login : login.slice(0, colon),
    password: colon < 0 ? null : login.slice(colon + 1),
    hosts: authority.slice(at + 1),
    path,
    query,
    fragment,
  };
}
