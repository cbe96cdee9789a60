// The settings of the server that is asked to rotate what only its hardware security module opens. run/server/ makes the
// connection, and reads the files.
import { isIP } from 'node:net';
import { KmsError } from '../errors.js';
import type { ResolvedSettings } from './resolve-settings.js';

export interface KmsServerSettings {
  readonly url: URL;
  /** Whether it is a plain HTTP connection to another host, which `insecure` allows. */
  readonly isInsecure: boolean;
  /** The token itself, or the file that has it; null for none. */
  readonly token: { readonly text: string } | { readonly file: string } | null;
  /** PEM files of the client; null for none. */
  readonly client: { readonly certFile: string; readonly keyFile: string } | null;
  readonly caFile: string | null;
  readonly timeoutSeconds: number;
}

/**
 * Returns the settings of the server; null if its URL is not set.
 *
 * @throws KmsError InvalidConfiguration for a plain connection to another host, a certificate without its key or the other
 *   way round, and two tokens.
 */
export function kmsServerSettings(settings: ResolvedSettings): KmsServerSettings | null {
  const text = settings.get('server.url');
  if (text === undefined) return null;
  const url = new URL(text);
  const isPlain = isPlainElsewhere(url);
  if (isPlain && !settings.get('server.insecure')) {
    throw invalid(
      'server.url is a plain HTTP connection to another host, which shows the token to everybody in between',
      'write https://…; or set server.insecure = true',
    );
  }
  return {
    url,
    isInsecure: isPlain,
    token: tokenIn(settings),
    client: clientIn(settings),
    caFile: settings.get('server.ca_file') ?? null,
    timeoutSeconds: settings.get('server.timeout'),
  };
}

/** Says whether a URL leads over plain HTTP to another host. */
export function isPlainElsewhere(url: URL): boolean {
  return url.protocol === 'http:' && !isThisHost(url);
}

/** A name may lead anywhere, but for the one that means this host (RFC 6761 §6.3). */
export function isThisHost({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost';
}

/** A variable comes before the file, as for any setting. */
function tokenIn(settings: ResolvedSettings): KmsServerSettings['token'] {
  const text = settings.get('server.token');
  const file = settings.get('server.token_file');
  const isFromFile = settings.source('server.token').kind === 'file';
  if (text !== undefined && file !== undefined && isFromFile) {
    throw invalid('server.token and server.token_file are both set', 'set one of the two');
  }
  if (text !== undefined) return { text };
  return file === undefined ? null : { file };
}

function clientIn(settings: ResolvedSettings): KmsServerSettings['client'] {
  const certFile = settings.get('server.client_cert');
  const keyFile = settings.get('server.client_key');
  if (certFile === undefined && keyFile === undefined) return null;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  const [set, missing] =
    certFile === undefined
      ? ['server.client_key', 'server.client_cert']
      : ['server.client_cert', 'server.client_key'];
  throw invalid(`${set} is set without ${missing}`, `set ${missing} too`);
}

/** A name may lead anywhere, but for the one that means this host (RFC 6761 §6.3). */
function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint });
}
