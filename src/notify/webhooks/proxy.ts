// Which proxy a request goes through, by the variables that curl and others honour: http_proxy, https_proxy, all_proxy
// and no_proxy, in lower case before upper case; an empty one counts as unset.
import { BlockList, isIP, isIPv6 } from 'node:net';
import { KmsError } from '../../errors.js';
import type { Environment } from '../../settings/environment.js';

/** Returns the proxy for a URL; null if it is reached directly. @throws KmsError InvalidConfiguration, naming the variable. */
export function proxyFor(url: URL, env: Environment): URL | null {
  const scheme = url.protocol.slice(0, -1);
  const found = variableIn(env, `${scheme}_proxy`) ?? variableIn(env, 'all_proxy');
  if (found === null || isExcepted(url, variableIn(env, 'no_proxy')?.text ?? '')) return null;
  return proxyUrl(found);
}

/** Returns a warning for each entry of no_proxy that is meant as a network and names none: it excepts nothing. */
export function exceptionWarnings(env: Environment): readonly string[] {
  const found = variableIn(env, 'no_proxy');
  if (found === null) return [];
  return entriesOf(found.text)
    .filter((entry) => entry.includes('/') && networkOf(entry) === null)
    .map((entry) => `${found.name}: ${entry} names no network, and so excepts nothing`);
}

interface Variable {
  readonly name: string;
  readonly text: string;
}

function variableIn(env: Environment, name: string): Variable | null {
  const set = [name, name.toUpperCase()].map((one) => ({
    name: one,
    text: env[one]?.trim() ?? '',
  }));
  return set.find(({ text }) => text !== '') ?? null;
}

/** A proxy without a scheme is one of http, as curl takes it. The text may hold a password, so it is not shown. */
function proxyUrl({ name, text }: Variable): URL {
  const full = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '') return url;
  const what = url === null ? 'is no URL of a proxy' : `names a proxy of ${url.protocol}//`;
  throw new KmsError('InvalidConfiguration', `${name} ${what}`, {
    hint: 'write http://host:port; kms takes proxies of http and https',
  });
}

function isExcepted(url: URL, exceptions: string): boolean {
  const host = url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return entriesOf(exceptions).some((entry) => entry === '*' || matches(entry, host, port));
}

function entriesOf(exceptions: string): readonly string[] {
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
}

/** An entry is a name, which stands for its subdomains too, an address or a network; it may end in a port. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isInNetwork(entry, host);
  const [, bracketed, plain, wantedPort] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const name = (bracketed ?? plain ?? entry).replace(/^\*?\./, '').replace(/\.$/, '');
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

/** Names are not looked up: only a URL with an address can be in a network. */
function isInNetwork(entry: string, host: string): boolean {
  const network = networkOf(entry);
  return network !== null && isIP(host) !== 0 && network.check(host, familyOf(host));
}

function networkOf(entry: string): BlockList | null {
  const [address = '', bits = ''] = entry.split('/');
  const most = isIPv6(address) ? 128 : 32;
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) return null;
  const network = new BlockList();
  network.addSubnet(address, Number(bits), familyOf(address));
  return network;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
