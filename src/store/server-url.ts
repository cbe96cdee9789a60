// The URL of a database server, taken apart: nothing that stands in it is left unread.
import { KmsError } from '../errors.js';
import { TLS_PARAMETERS } from './tls.js';

const DEFAULT_PORTS = { postgresql: 5432, mysql: 3306 } as const;

export interface Address {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  /** The path of a unix socket, or of the folder that holds it. */
  readonly socket: string | null;
  readonly database: string;
}

export interface ServerUrl {
  readonly dialectName: 'postgresql' | 'mysql';
  readonly address: Address;
  /** What stands after the question mark. */
  readonly parameters: URLSearchParams;
}

/** @throws KmsError InvalidConfiguration for a URL that cannot be honoured to the letter. */
export function parseServerUrl(url: string): ServerUrl {
  const parsed = parseUrl(url);
  assertEscapes(parsed);
  const dialectName = parsed.protocol.startsWith('postgres') ? 'postgresql' : 'mysql';
  refuseUnknownParameters(parsed.searchParams);
  const address = addressOf(parsed, DEFAULT_PORTS[dialectName]);
  return { dialectName, address, parameters: parsed.searchParams };
}

function parseUrl(url: string): URL {
  try {
    if (!url.includes('://')) throw new TypeError('no host');
    // With a socket there may be no host, which the parser does not take beside a user.
    return new URL(url.replace(/^([a-z]+:\/\/[^/?#]*@)(?=[:/?]|$)/i, '$1localhost'));
  } catch {
    // The parser's own message quotes the URL, and with it a password.
    throw invalidUrl(
      'it is not a URL',
      'write postgres://user@host/database; escape @ : / in passwords',
    );
  }
}

function assertEscapes({ username, password, hostname, pathname }: URL): void {
  try {
    [username, password, hostname, pathname].forEach(decodeURIComponent);
  } catch {
    throw invalidUrl('a % in it begins no escape', 'write a % that stands for itself as %25');
  }
}

function refuseUnknownParameters(parameters: URLSearchParams): void {
  const known = [...TLS_PARAMETERS, 'host', 'socket'];
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw invalidUrl(`the parameter ${unknown} is not supported`, `known are ${known.join(', ')}`);
}

function addressOf(url: URL, defaultPort: number): Address {
  // The brackets of an IPv6 address are the URL's.
  const hostname = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const host = url.searchParams.get('host') ?? hostname;
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '')
    throw invalidUrl('it names no database', 'write postgres://user@host/database');
  return {
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    host: host === '' ? 'localhost' : host,
    port: url.port === '' ? defaultPort : Number(url.port),
    socket: url.searchParams.get('socket') ?? (host.startsWith('/') ? host : null),
    database,
  };
}

export function invalidUrl(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', `the database URL cannot be used: ${message}`, {
    hint,
  });
}
