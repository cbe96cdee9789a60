// The HTTP connections to a server: what is sent, and what each answer means for the protocol (ask-server.ts): that it was
// done, that it was not, or that nobody knows. Nothing of an answer is kept but its JSON and one line of an error.
import { readFileSync } from 'node:fs';
import type { Dispatcher } from 'undici';
import { KmsError } from '../../errors.js';
import { readablePath } from '../../files/credential.js';
import { parseJson, type JsonValue } from '../../kmip/json.js';
import type { Message } from '../../kmip/server-messages.js';
import { readCaFile } from '../../notify/ca-file.js';
import { proxyFor } from '../../notify/webhooks/proxy.js';
import { isThisHost, type KmsServerSettings } from '../../settings/kms-server-settings.js';
import { printable } from '../../text/printable.js';

/** What came of a request. */
export type Answer =
  | { readonly kind: 'answered'; readonly body: JsonValue }
  /** The server says no, in one line. */
  | { readonly kind: 'refused'; readonly status: number; readonly line: string }
  /** The server says that it failed, and may have done a part. */
  | { readonly kind: 'failed'; readonly status: number; readonly line: string }
  /** The server did not get it. */
  | { readonly kind: 'not-sent'; readonly line: string }
  /** The server may have got it, and may still be at work. */
  | { readonly kind: 'lost'; readonly line: string };

export interface ServerConnection {
  post(message: Message): Promise<Answer>;
  version(): Promise<Answer>;
  close(): Promise<void>;
}

const MESSAGES_PATH = 'kmip/2_1';

/** More than any answer to what kms asks. */
const ANSWER_BYTES = 262_144;

/** Opens nothing yet. @throws KmsError InvalidConfiguration for a file that cannot be used. */
export function serverConnection(
  settings: KmsServerSettings,
  connections: number,
): ServerConnection {
  const tls = tlsOf(settings);
  const token = tokenOf(settings);
  const timeout = settings.timeoutSeconds * 1000;
  let dispatcher: Dispatcher | null = null;
  const send = async (path: string, options: { method: 'GET' | 'POST'; body?: string }) => {
    // In the bundle a CommonJS package has only its default export.
    const { request } = (await import('undici')).default;
    try {
      dispatcher ??= await dispatcherFor(settings, tls, connections);
      const answer = await request(new URL(path, withSlash(settings.url)), {
        ...options,
        headers: {
          'user-agent': 'kms',
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        dispatcher,
        headersTimeout: timeout,
        bodyTimeout: timeout,
        // Whatever the server does, so that the next run knows when this one has given up.
        signal: AbortSignal.timeout(2 * timeout),
      });
      return { status: answer.statusCode, text: await textOf(answer.body) };
    } catch (error) {
      return failureOf(error);
    }
  };
  return {
    post: async (message) => {
      const sent = await send(MESSAGES_PATH, { method: 'POST', body: JSON.stringify(message) });
      return 'kind' in sent ? sent : answerOf(sent, token);
    },
    version: async () => {
      const sent = await send('version', { method: 'GET' });
      if ('kind' in sent || sent.status !== 200)
        return 'kind' in sent ? sent : answerOf(sent, token);
      return { kind: 'answered', body: lineIn(sent.text, 'unknown', token).replace(/^"|"$/g, '') };
    },
    close: async () => {
      await dispatcher?.destroy();
    },
  };
}

function withSlash(url: URL): URL {
  return Object.assign(new URL(url), { pathname: `${url.pathname.replace(/\/+$/, '')}/` });
}

/** How long an idle connection is kept: servers close theirs after some seconds, and a request on one of those is lost. */
const IDLE_MS = 2000;

async function dispatcherFor(
  { url, timeoutSeconds }: KmsServerSettings,
  tls: Tls,
  connections: number,
): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = (await import('undici')).default;
  const kept = {
    connections,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    connectTimeout: timeoutSeconds * 1000,
  };
  // The token of a plain request to this host is not for a proxy.
  const proxy = isThisHost(url) ? null : proxyFor(url, process.env);
  return proxy === null
    ? new Agent({ ...kept, connect: { ...tls, timeout: timeoutSeconds * 1000 } })
    : new ProxyAgent({ ...kept, uri: proxy.href, requestTls: tls });
}

interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function tlsOf({ caFile, client }: KmsServerSettings): Tls {
  return {
    ...(caFile === null ? {} : { ca: readCaFile(caFile) }),
    ...(client === null
      ? {}
      : {
          cert: contentOf(client.certFile, 'server.client_cert'),
          key: contentOf(client.keyFile, 'server.client_key'),
        }),
  };
}

function tokenOf({ token }: KmsServerSettings): string | null {
  if (token === null) return null;
  const text = 'text' in token ? token.text : contentOf(token.file, 'server.token_file');
  const trimmed = text.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new KmsError('InvalidConfiguration', 'the token of the server is no token', {
    hint: 'give one word of ASCII: an API token or a JWT',
  });
}

function contentOf(path: string, setting: string): string {
  try {
    return readFileSync(readablePath(path), 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    throw new KmsError('InvalidConfiguration', `the ${setting} ${path} cannot be read`, {
      hint: 'check its path and rights',
      cause,
    });
  }
}

/** @throws an error if the body is longer than any answer. */
async function textOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > ANSWER_BYTES) throw new TypeError('too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function answerOf(
  { status, text }: { readonly status: number; readonly text: string },
  token: string | null,
): Answer {
  if (status === 200) return parsed(text);
  const line = lineIn(text, `HTTP ${status}`, token);
  if (isOfGateway(status)) return { kind: 'lost', line };
  if (status >= 500) return { kind: 'failed', status, line };
  if (status >= 400) return { kind: 'refused', status, line };
  return { kind: 'refused', status, line: `HTTP ${status}` };
}

/** Said by what is between kms and the server, which may still be at work (RFC 9110 §15.5.9, §15.6): it says 500 itself. */
function isOfGateway(status: number): boolean {
  return status === 408 || status > 500;
}

function parsed(text: string): Answer {
  try {
    return { kind: 'answered', body: parseJson(text).value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'lost', line: 'its answer is no JSON' };
  }
}

const LONGEST_LINE = 300;

/** Returns the first line of a text that can be printed, and is not too long. A server may quote the token. */
function lineIn(text: string, otherwise: string, token: string | null): string {
  const shown = token === null ? text : text.replaceAll(token, '***');
  const line = shown.trim().split(/[\r\n]/, 1)[0] ?? '';
  return line === '' ? otherwise : printable(line).slice(0, LONGEST_LINE);
}

/** No connection was made, so nothing was sent. */
const CONNECTING = ['connect', 'getaddrinfo'];
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX_TLS)$/;

/** TLS failed before a request could be read. */
const TLS_FAILED =
  /^(EPROTO|ERR_TLS_\w+|ERR_SSL_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/;

/** No message of an error is shown, as it may quote what was sent. */
function failureOf(error: unknown): Answer {
  if (error instanceof KmsError) return { kind: 'not-sent', line: error.message };
  const { code, syscall } = firstOf(error);
  if (TLS_FAILED.test(code)) return { kind: 'not-sent', line: `TLS failed: ${code}` };
  const notConnected = NOT_CONNECTED.test(code) || CONNECTING.includes(syscall);
  return { kind: notConnected ? 'not-sent' : 'lost', line: WORDS[code] ?? code };
}

const WORDS: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it did not answer in time',
  TimeoutError: 'it did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_SOCKET: 'it closed the connection',
  ECONNRESET: 'it closed the connection',
};

function firstOf(error: unknown): { readonly code: string; readonly syscall: string } {
  if (error instanceof AggregateError) return firstOf(error.errors[0]);
  if (!(error instanceof Error)) return { code: typeof error, syscall: '' };
  const of = (name: 'code' | 'syscall') => {
    const value: unknown = name in error ? (error as unknown as Record<string, unknown>)[name] : '';
    return typeof value === 'string' ? value : '';
  };
  return { code: of('code') || error.name, syscall: of('syscall') };
}
