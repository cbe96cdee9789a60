// The hosts of a server URL, one or several: host:5432,host:5433, or ?host=a,b with ?port=1,2.
import { isIPv6 } from 'node:net';
import type { UrlParts } from './split-url.js';
import { cannot, decoded, type UrlMistake } from './url-mistake.js';
import { PLACES, type Parameter } from './url-parameters.js';

const DEFAULT_PORTS = { postgresql: 5432, mysql: 3306 } as const;

export interface ServerHost {
  readonly host: string;
  readonly port: number;
  /** The path of a unix socket, or of the folder that holds it. */
  readonly socket: string | null;
}

type Hosts = readonly [ServerHost, ...ServerHost[]];

/**
 * Returns the hosts in their order.
 *
 * @param ports for a URL without any: one for all hosts, or one for each with commas between
 * @throws UrlMistake
 */
export function hostsOf(
  parts: UrlParts,
  query: URLSearchParams,
  dialectName: keyof typeof DEFAULT_PORTS,
  ports: Parameter | null,
): Hosts {
  // Of two places one would have to be ignored.
  if ([...query.keys()].filter((name) => PLACES.includes(name)).length > 1) {
    throw cannot(`it names more than one ${PLACES.join(' or ')}`, 'give one of them, once');
  }
  const inUrl = parts.hosts.split(',').map(hostAndPort);
  const named = query.get('host')?.split(',') ?? inUrl.map(({ host }) => host);
  const portsInUrl = inUrl.map(({ port }) => port).filter((port) => port !== '');
  if (portsInUrl.length > 0 && ports?.isDefault === false) {
    throw cannot('it names its ports twice', 'give them once');
  }
  const portOf = portsFor(
    named.length,
    portsInUrl.length > 0 ? inUrl.map(({ port }) => port) : (ports?.text.split(',') ?? []),
  );
  const socket = query.get('socket');
  const hosts = named.map((host, index) => ({
    host: host === '' ? 'localhost' : host,
    port: portOf(index) ?? DEFAULT_PORTS[dialectName],
    socket: socket ?? (host.startsWith('/') ? host : null),
  }));
  if (hosts.length > 1 && socket !== null) {
    throw cannot('it names several hosts and one socket', 'name the hosts, or the socket');
  }
  return hosts as [ServerHost, ...ServerHost[]];
}

interface HostAndPort {
  readonly host: string;
  /** Empty if there is none. */
  readonly port: string;
}

function hostAndPort(text: string): HostAndPort {
  // The brackets around an IPv6 address belong to the URL.
  const found = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  const [, address, name = '', port = ''] = found ?? [];
  if (found === null) throw noUrl();
  if (address === undefined) return { host: hostName(decoded(name)), port };
  const host = decoded(address);
  if (!isIPv6(host)) throw noUrl();
  return { host, port };
}

function hostName(host: string): string {
  if (host.startsWith('/') || !/[\s/\\<>^|"'`@?#]/.test(host)) return host;
  throw noUrl();
}

/** Returns the port of a host by its number, null where none is given. */
function portsFor(count: number, given: readonly string[]): (index: number) => number | null {
  if (given.length > 1 && given.length !== count) {
    throw cannot('it has more or fewer ports than hosts', 'give one port, or one for each host');
  }
  const ports = given.map((port) => (port === '' ? null : portNumber(port)));
  return (index) => (ports.length === 1 ? ports[0] : ports[index]) ?? null;
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw cannot('a port in it is not valid', 'a port is a number from 1 to 65535');
}

function noUrl(): UrlMistake {
  return cannot(
    'it is not a URL',
    'write postgres://user@host/database; escape @ : / in passwords',
  );
}
