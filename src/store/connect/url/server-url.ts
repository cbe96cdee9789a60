// Parses the URL of a database server. Whatever part of it cannot be honoured is refused, never ignored. tls-request.ts
// reads the parameters for TLS.
import { hostsOf, type ServerHost } from './server-hosts.js';
import { splitUrl, type UrlParts } from './split-url.js';
import { isOptional, tlsRequest, type TlsRequest } from './tls-request.js';
import { cannot, decoded } from './url-mistake.js';
import {
  isSecretParameter,
  parameterFinder,
  PARAMETERS,
  type FindParameter,
  type Parameter,
  type ParameterDefaults,
} from './url-parameters.js';

const SCHEMES = {
  postgres: 'postgresql',
  postgresql: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mysql',
} as const;

/** What the URL of a server begins with. */
export const SERVER_SCHEME = new RegExp(`^(?:${Object.keys(SCHEMES).join('|')}):`, 'i');

/** Which of several servers will do, as libpq calls them. */
const SESSION_ATTRIBUTES = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
] as const;

const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'] as const;

export type SessionAttributes = (typeof SESSION_ATTRIBUTES)[number];
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

/** A command ends, whatever a server does. */
const MAX_CONNECT_SECONDS = 600;

const FORM = 'write postgres://user@host/database; escape @ : / in passwords';

/** Of the first host, where there are several. */
export interface ServerAddress extends ServerHost {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface ServerUrl {
  readonly dialectName: 'postgresql' | 'mysql';
  readonly address: ServerAddress;
  /** In the order in which they are to be tried. */
  readonly hosts: readonly ServerHost[];
  readonly tls: TlsRequest;
  readonly targetSessionAttributes: SessionAttributes;
  readonly channelBinding: ChannelBinding;
  /** How long a connection may take to make; null for ours. */
  readonly connectTimeoutSeconds: number | null;
  readonly applicationName: string | null;
  /** What PostgreSQL's server takes as its command line. */
  readonly options: string | null;
}

/**
 * Parses the URL. What it does not say is taken from `defaults`, by the names of parameters.
 *
 * @throws UrlMistake for a URL of which a part cannot be honoured.
 */
export function parseServerUrl(url: string, defaults: ParameterDefaults = {}): ServerUrl {
  const parts = partsOf(url);
  const dialectName = SCHEMES[parts.scheme.toLowerCase() as keyof typeof SCHEMES];
  const query = new URLSearchParams(parts.query);
  assertKnown(query, parts, dialectName);
  const find = parameterFinder(query, defaults);
  const hosts = hostsOf(parts, query, dialectName, find(['port']));
  return {
    dialectName,
    hosts,
    address: {
      ...hosts[0],
      user: partOrParameter('user', parts.user, find),
      password: partOrParameter('password', parts.password ?? '', find),
      database: databaseOf(parts, find),
    },
    tls: tlsFor(hosts, dialectName, find),
    targetSessionAttributes: wordIn(find(['target_session_attrs']), SESSION_ATTRIBUTES) ?? 'any',
    channelBinding: wordIn(find(['channel_binding']), CHANNEL_BINDINGS) ?? 'disable',
    connectTimeoutSeconds: secondsIn(find(['connect_timeout'])),
    applicationName: find(['application_name'])?.text ?? null,
    options: find(['options'])?.text ?? null,
  };
}

function partsOf(url: string): UrlParts {
  const parts = splitUrl(url);
  if (parts === null) throw cannot('it is not a URL', FORM);
  if (/\p{Cc}/u.test(url)) throw cannot('it has a control character', 'write it on one line');
  // A URL ends at #, so parameters after it would be lost, TLS among them.
  if (parts.fragment !== '') {
    throw cannot('a # in it would end it', 'write a # that stands for itself as %23');
  }
  if (parts.path.includes('@')) {
    throw cannot('it has an @ after its host', 'escape @ : / in passwords as %40 %3A %2F');
  }
  return parts;
}

function assertKnown(
  query: URLSearchParams,
  parts: UrlParts,
  dialectName: ServerUrl['dialectName'],
): void {
  const known = PARAMETERS[dialectName];
  const names = [...query.keys()];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  // What looks like a parameter may be a piece of a password that was not escaped.
  const isClear = !parts.query.includes('@') && !names.some(isSecretParameter);
  const name =
    isClear && /^[a-z][\w-]*$/i.test(unknown) ? `the parameter ${unknown}` : 'a parameter';
  throw cannot(`${name} is not supported`, `known are ${known.join(', ')}`);
}

/** Returns what a part of the URL says, or the parameter of the same meaning. */
function partOrParameter(name: string, part: string, find: FindParameter): string {
  const parameter = find([name]);
  if (part === '') return parameter?.text ?? '';
  if (parameter === null || parameter.isDefault) return decoded(part);
  throw cannot(`it names the ${name} twice`, 'give it once');
}

function databaseOf({ path }: UrlParts, find: FindParameter): string {
  const database = partOrParameter('dbname', path.slice(1), find);
  if (database === '') throw cannot('it names no database', 'write postgres://user@host/database');
  return database;
}

/** Over a unix socket libpq does not ask for TLS, whatever the variables say. */
function tlsFor(
  hosts: readonly ServerHost[],
  dialectName: ServerUrl['dialectName'],
  find: FindParameter,
): TlsRequest {
  const request = tlsRequest(find);
  const isAsked = !isOptional(request) && request.modeBy?.isDefault !== true;
  if (!isAsked || dialectName === 'mysql' || hosts.every(({ socket }) => socket === null)) {
    return request;
  }
  throw cannot('PostgreSQL speaks no TLS over a unix socket', 'leave sslmode out');
}

function wordIn<Word extends string>(
  parameter: Parameter | null,
  words: readonly Word[],
): Word | null {
  if (parameter === null) return null;
  const found = words.find((word) => word === parameter.text);
  if (found !== undefined) return found;
  throw cannot(`${parameter.name} has an unknown value`, `use ${words.join(', ')}`);
}

function secondsIn(parameter: Parameter | null): number | null {
  if (parameter === null) return null;
  const seconds = /^\d{1,4}$/.test(parameter.text) ? Number(parameter.text) : 0;
  if (seconds >= 1 && seconds <= MAX_CONNECT_SECONDS) return seconds;
  const hint = `write whole seconds, from 1 to ${MAX_CONNECT_SECONDS}`;
  throw cannot(`${parameter.name} has an unknown value`, hint);
}
