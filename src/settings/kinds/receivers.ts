// Kinds of what names a receiver of notifications and how it is reached. A text of one is a value that the receiver's
// code takes as it is: whoever reads such a text from a file reads it by the same kind.
import { isIP } from 'node:net';
import { integerIn, isInteger, isString, secondsIn } from './scalars.js';
import { valueKind, type ValueKind } from './value-kind.js';

/** No receiver may take longer: a claim on an outbox row must outlast every attempt. */
const MAX_TIMEOUT_SECONDS = 60;

/** Seconds. A longer time is refused: it would be cut. */
export const TIMEOUT = valueKind({
  requirement: `must be a duration from 1s to ${MAX_TIMEOUT_SECONDS}s`,
  hint: 'write "10s"; put it in quotes',
  fromToml: (value) => (isString(value) || value === 0 ? secondsIn(String(value)) : undefined),
  fromText: secondsIn,
  isUsable: (seconds) => seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS,
  schema: { type: 'string', pattern: '^0*(?:(?:[1-9]|[1-5]\\d|60)s|1m)$' },
});

const MAX_PORT = 65_535;

export const PORT = valueKind({
  requirement: `must be a whole number from 1 to ${MAX_PORT}`,
  hint: 'write it without quotes',
  fromToml: (value) => (isInteger(value) ? value : undefined),
  fromText: integerIn,
  isUsable: (port) => port >= 1 && port <= MAX_PORT,
  schema: { type: 'integer', minimum: 1, maximum: MAX_PORT },
});

export const HOST = textLike('^(?:[^\\s:/@?#[\\]]+|[0-9A-Fa-f:.]+)$', {
  requirement: 'must be the name or address of a host alone',
  hint: 'write mail.example.org; the port and the kind of TLS have settings of their own',
  isUsable: (host) => !host.includes(':') || isIP(host) > 0,
});

/** The longest address in SMTP (RFC 5321 §4.5.3.1). */
const LONGEST_ADDRESS = 254;

const ADDRESS = "[!#-'*+\\--9=?A-Z^-~]+@[!#-'*+\\--9=?A-Z[\\]^-~]+";

export const MAIL_ADDRESS = textLike(`^${ADDRESS}$`, {
  requirement: 'must be a mail address alone, in ASCII',
  hint: 'write name@domain, one in each [[notify.recipients]]',
  isUsable: (address) => address.length <= LONGEST_ADDRESS,
});

/** With the name of who sends, or without. */
export const SENDER = textLike(`^(?:[^<>\\x00-\\x1f]*<${ADDRESS}>|${ADDRESS})$`, {
  requirement: 'must be a mail address',
  hint: 'write name@domain or "Name <name@domain>"',
});

export const WEBHOOK_NAME = textLike('^[A-Za-z0-9._-]{1,64}$', {
  requirement: 'must be 1 to 64 letters, digits, dots, dashes and underscores',
  hint: 'it names the webhook in messages and in the outbox',
});

export const HTTP_URL = textLike('^[Hh][Tt][Tt][Pp][Ss]?:', {
  requirement: 'must be an http or https URL',
  hint: 'write https://host/path',
  isUsable: (url) => URL.canParse(url),
});

/** Without user, query and fragment, so that nothing in it is a secret. */
export const SERVER_URL = textLike('^[Hh][Tt][Tt][Pp][Ss]?://[^\\s@?#]+$', {
  requirement: 'must be an http or https URL without user, password and query',
  hint: 'write https://host:port; a token goes into server.token_file',
  isUsable: (url) => URL.canParse(url),
});

/** The limits of Standard Webhooks on a secret, in bytes. */
const [SHORTEST_SECRET, LONGEST_SECRET] = [24, 64];

const SECRET_PREFIX = /^whsec_/;

/** Base64, with or without the prefix. */
export const SIGNING_SECRET = textLike('^(?:whsec_)?[A-Za-z0-9+/]{32,86}={0,2}$', {
  requirement: `must be base64 of ${SHORTEST_SECRET} to ${LONGEST_SECRET} bytes`,
  hint: 'make one: echo "whsec_$(openssl rand -base64 32)"',
  isUsable: (secret) => {
    const key = signingKeyOf(secret);
    const base64 = secret.replace(SECRET_PREFIX, '').replace(/=+$/, '');
    const isBase64 = key.toString('base64').replace(/=+$/, '') === base64;
    return isBase64 && key.length >= SHORTEST_SECRET && key.length <= LONGEST_SECRET;
  },
});

/** Returns the bytes of a signing secret. */
export function signingKeyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(SECRET_PREFIX, ''), 'base64');
}

interface TextKind {
  readonly requirement: string;
  readonly hint: string;
  /** What the pattern cannot say. */
  readonly isUsable?: (value: string) => boolean;
}

function textLike(
  pattern: string,
  { requirement, hint, isUsable = () => true }: TextKind,
): ValueKind<string> {
  const expression = new RegExp(pattern);
  return valueKind({
    requirement,
    hint,
    fromToml: (value) => (isString(value) ? value : undefined),
    fromText: (value) => value,
    isUsable: (value) => expression.test(value) && isUsable(value),
    schema: { type: 'string', pattern },
  });
}
