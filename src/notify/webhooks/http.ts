// One HTTP request to a receiver, through the proxy that the environment names; redirects are refused, and the status
// alone says what became of it. Loads undici only when there is something to send.
import type { Dispatcher } from 'undici';
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { ACCEPTED, failed, refused, unavailable, type SendResult } from '../destination.js';
import { proxyFor } from './proxy.js';

export interface HttpReceiver {
  /** It may hold a user and a password. */
  readonly url: URL;
  /** PEM; null for the authorities that Node trusts. */
  readonly ca: string | null;
}

export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Where it goes instead of to the receiver’s own URL, at the same host. */
  readonly url?: URL;
}

/**
 * How much of a response body is read, and for how long, so that the connection can be reused. Its content is ignored.
 */
const ANSWER_BYTES = 16_384;
const ANSWER_MS = 1000;

/** Returns what sends POSTs to a receiver over one connection. */
export function httpSender(
  receiver: HttpReceiver,
  now: () => EpochSeconds,
): (message: HttpMessage, signal: AbortSignal) => Promise<SendResult> {
  let agent: Dispatcher | null = null;
  return async ({ headers, body, url = receiver.url }, signal) => {
    // In the bundle a CommonJS package has only its default export.
    const { request } = (await import('undici')).default;
    try {
      agent ??= await agentFor(receiver);
      const all = { ...headers, ...commonHeaders(receiver) };
      const options = { method: 'POST', headers: all, body, dispatcher: agent, signal } as const;
      const answer = await request(withoutLogin(url), options);
      const readable = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      // The status alone decides.
      await answer.body.dump({ limit: ANSWER_BYTES, signal: readable }).catch(() => undefined);
      return resultOf(answer.statusCode, answer.headers['retry-after'], now());
    } catch (error) {
      return notReached(error);
    }
  };
}

/** By HEAD, which changes nothing at a receiver (RFC 9110 §9.2.1). Those that know only POST say so, and are reached. */
export async function connectHttp(
  receiver: HttpReceiver,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<SendResult> {
  const { request } = (await import('undici')).default;
  let dispatcher: Dispatcher | null = null;
  try {
    dispatcher = await agentFor(receiver);
    const all = { ...headers, ...commonHeaders(receiver) };
    const options = { method: 'HEAD', headers: all, dispatcher, signal } as const;
    const { statusCode } = await request(withoutLogin(receiver.url), options);
    return NOT_SERVING.includes(statusCode) ? unavailable(`HTTP ${statusCode}`) : ACCEPTED;
  } catch (error) {
    return notReached(error);
  } finally {
    await dispatcher?.destroy();
  }
}

/** The login is refused, by the receiver or by a proxy, or nobody is behind a gateway. */
const NOT_SERVING = [401, 407, 502, 503, 504];

/** @throws KmsError InvalidConfiguration for a variable that names no proxy. */
async function agentFor({ url, ca }: HttpReceiver): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = (await import('undici')).default;
  const tls = ca === null ? {} : { ca };
  const proxy = proxyFor(url, process.env);
  return proxy === null
    ? new Agent({ connect: tls })
    : new ProxyAgent({ uri: proxy.href, requestTls: tls });
}

/** The client would drop user and password of a URL without a word. */
function commonHeaders({ url }: HttpReceiver): Readonly<Record<string, string>> {
  const common = { 'user-agent': 'kms' };
  if (url.username + url.password === '') return common;
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { ...common, authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

function withoutLogin(url: URL): URL {
  return Object.assign(new URL(url), { username: '', password: '' });
}

function notReached(error: unknown): SendResult {
  if (error instanceof KmsError) return unavailable(error.message);
  return unavailable(`it cannot be reached (${codeOf(error)})`);
}

/** Request Timeout, Too Early, Too Many Requests. Every other 4xx would fail again. */
const PASSING_4XX = [408, 425, 429];

function resultOf(
  status: number,
  retryAfter: string | string[] | undefined,
  now: EpochSeconds,
): SendResult {
  if (status >= 200 && status < 300) return ACCEPTED;
  if (status >= 300 && status < 400) return refused(`HTTP ${status}: redirects are not followed`);
  if (status >= 400 && status < 500 && !PASSING_4XX.includes(status)) {
    return refused(`HTTP ${status}`);
  }
  const seconds = secondsOf(retryAfter, now);
  if (seconds !== null || status === 429 || status === 503)
    return unavailable(`HTTP ${status}`, seconds);
  return failed(`HTTP ${status}`);
}

/** Returns seconds from a number or an HTTP date (RFC 9110 §10.2.3); null if the text is neither. */
function secondsOf(retryAfter: string | string[] | undefined, now: EpochSeconds): number | null {
  const text = typeof retryAfter === 'string' ? retryAfter.trim() : '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = /[a-z]/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil(at / 1000) - now);
}

/** Returns an error's code. Its message is not shown: it may contain the URL, and with it a secret. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
