// Why a collector did not take an export, in words that say what to change.
import { exporterSetting, type Signal } from './endpoints.js';
import type { Environment } from '../settings/environment.js';

export const ONLY_HTTP = 'kms speaks OTLP/HTTP with JSON: use port 4318';

/** Returns the variables that ask for gRPC. */
export function unspokenProtocols(signals: readonly Signal[], env: Environment): readonly string[] {
  const isAsked = signals.some((signal) => exporterSetting(signal, 'PROTOCOL', env) === 'grpc');
  if (!isAsked) return [];
  return Object.keys(env).filter(
    (name) => /^OTEL_EXPORTER_OTLP_(?:\w+_)?PROTOCOL$/.test(name) && env[name]?.trim() === 'grpc',
  );
}

/** Returns why an export failed; what the receiver said is shortened. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code, data } = error as { code?: unknown; data?: unknown };
  if (typeof code === 'number') {
    const said = typeof data === 'string' ? messageIn(data) : '';
    return `the collector answered ${code}${said === '' ? '' : ` (${said})`}`;
  }
  const message = error.message === '' ? error.name : error.message;
  // A port of gRPC answers in HTTP/2.
  if (/Parse Error|HPE_|Expected HTTP/.test(`${message} ${String(code)}`)) {
    return `the collector does not answer in HTTP/1.1; ${ONLY_HTTP}`;
  }
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
}

const LONGEST_REASON = 200;

/** The body of a failure is a Status with a message (OTLP/HTTP, "Failures"), but proxies answer in their own ways. */
function messageIn(body: string): string {
  const [, quoted] = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body) ?? [];
  const text = quoted ?? body.replace(/<[^>]*>|^\s*\{\s*\}\s*$/g, ' ');
  return text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_REASON);
}
