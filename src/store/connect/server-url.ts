// Parses the URL of a database server. Whatever part of it cannot be honoured is refused, never ignored.
import { KmsError } from '../../errors.js';
import { TLS_PARAMETERS } from './tls.js';

const DEFAULT_PORTS = { postgresql: 5432, mysql: 3306 } as const;

/** Parameters that say where the server is. */
const PLACES: readonly string[] = ['host', 'socket'];

export interface ServerAddress {
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
  readonly address: ServerAddress;
  /** The query of the URL. */
  readonly parameters: URLSearchParams;
}

/** @throws KmsError InvalidConfiguration for a URL of which a part cannot be honoured. */
export function parseServerUrl(url: string): ServerUrl {
  assertNoFragment(url);
  const parsed = parseUrl(url);
  assertEscapes(parsed);
  const dialectName = parsed.protocol.startsWith('postgres') ? 'postgresql' : 'mysql';
  refuseUnknownParameters(parsed.searchParams);
  refuseTwoPlaces(parsed.searchParams);
  const address = addressOf(parsed, DEFAULT_PORTS[dialectName]);
  return { dialectName, address, parameters: parsed.searchParams };
}

/** A URL ends at #, so parameters after it would be lost, TLS among them. */
function assertNoFragment(url: string): void {
  if (!url.includes('#')) return;
  throw invalidUrl('a # in it would end it', 'write a # that stands for itself as %23');
}

function parseUrl(url: string): URL {
  try {
    if (!url.includes('://')) throw new TypeError('no host');
    // With a socket there may be no host, but the parser refuses a user without one.
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
  const known = [...TLS_PARAMETERS, ...PLACES];
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw invalidUrl(`the parameter ${unknown} is not supported`, `known are ${known.join(', ')}`);
}

/** Of two places one would have to be ignored. */
function refuseTwoPlaces(parameters: URLSearchParams): void {
  if ([...parameters.keys()].filter((name) => PLACES.includes(name)).length < 2) return;
  throw invalidUrl(`it names more than one ${PLACES.join(' or ')}`, 'give one of them, once');
}

function addressOf(url: URL, defaultPort: number): ServerAddress {
  // The brackets around an IPv6 address belong to the URL.
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
