// Says why no session could be had with what answers at the place of a server, if the driver's own error does not: most
// often it is another kind of server.
import { KmsError } from '../../../errors.js';
import { errorCode, isServerError } from './error-code.js';
import { meaningOf } from './error-meanings.js';

/** Where we tried to connect, and to what. */
export interface ServerPlace {
  readonly dialectName: 'postgresql' | 'mysql';
  /** As people write it: host and port, or the path of a socket. */
  readonly shown: string;
  readonly redactedUrl: string;
}

const SERVER_NAMES = { postgresql: 'PostgreSQL', mysql: 'MySQL or MariaDB' } as const;

/** Errors of the operating system that say by themselves what is wrong. */
const SYSTEM_CODE = /^E(?!CONNRESET|PIPE|TIMEDOUT|RR_)[A-Z_]+$/;

/** Returns an error of ours if what the server sent first tells more than the error; else the error unchanged. */
export function connectionFailure(error: unknown, place: ServerPlace, firstBytes: Buffer): unknown {
  if (error instanceof KmsError) return error;
  const code = errorCode(error) ?? '';
  if (isServerError(error) || SYSTEM_CODE.test(code)) return error;
  const other = otherServer(place.dialectName, firstBytes);
  if (other !== null) return notTheServer(place, other);
  if (code === 'ETIMEDOUT') return silent(place, firstBytes);
  // What neither a server nor the system has said, the driver's parser has.
  const isKnown = meaningOf(code) !== undefined;
  return isKnown ? error : notTheServer(place, 'it sends what such a server never sends');
}

function notTheServer({ dialectName, shown, redactedUrl }: ServerPlace, what: string): KmsError {
  return new KmsError(
    'StoreUnreachable',
    `${redactedUrl}: what answers at ${shown} is not ${SERVER_NAMES[dialectName]} (${what})`,
    { hint: 'check the host, the port and the scheme of the URL' },
  );
}

function silent({ dialectName, shown, redactedUrl }: ServerPlace, firstBytes: Buffer): KmsError {
  const name = SERVER_NAMES[dialectName];
  const problem =
    firstBytes.length > 0
      ? `${shown} did not finish the login in time (ETIMEDOUT)`
      : `${shown} did not answer as ${name} in time (ETIMEDOUT)`;
  return new KmsError('StoreUnreachable', `${redactedUrl}: ${problem}`, {
    hint: 'check the host, the port and the scheme of the URL, and what stands between this host and the server',
  });
}

/** Returns what answered, or null if it may be the server that was asked for. */
function otherServer(dialectName: ServerPlace['dialectName'], bytes: Buffer): string | null {
  if (bytes.length === 0) return null;
  const greeting = mysqlGreeting(bytes);
  const text = /^[\x20-\x7e]{4,}/.exec(bytes.toString('latin1'))?.[0];
  if (dialectName === 'mysql') {
    if (greeting !== null || isMysqlError(bytes)) return null;
    return text === undefined
      ? 'it does not greet as such a server'
      : `it greets with ${quoted(text)}`;
  }
  if (greeting !== null) return `it greets as ${greeting}`;
  if (isMysqlError(bytes)) return 'it answers as MySQL or MariaDB';
  // R: a step of the login; E: an error; S or N alone: whether TLS is spoken; v: another version of the protocol.
  if ('RESNv'.includes(String.fromCharCode(bytes[0] ?? 0)) && text === undefined) return null;
  return text === undefined ? 'its answer is of no known kind' : `it answers with ${quoted(text)}`;
}

/** The first packet of MySQL and MariaDB: its length, number 0, version 10 of the protocol, the server's version. */
function mysqlGreeting(bytes: Buffer): string | null {
  if (bytes[3] !== 0 || bytes[4] !== 10) return null;
  const version = /^\d+\.\d+[^\0]*/.exec(bytes.subarray(5).toString('latin1'))?.[0];
  if (version === undefined) return null;
  // MariaDB puts a version of MySQL before its own for the sake of old clients.
  const mariadb = /^(?:5\.5\.5-)?([\d.]+)-MariaDB/i.exec(version)?.[1];
  return mariadb === undefined ? `MySQL ${/^[\d.]+/.exec(version)?.[0]}` : `MariaDB ${mariadb}`;
}

function isMysqlError(bytes: Buffer): boolean {
  return bytes[3] === 0 && bytes[4] === 0xff;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
