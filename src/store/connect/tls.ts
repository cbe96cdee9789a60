// TLS as a database URL asks for it, as options for both drivers. A file that cannot be used is refused by name.
import { readFileSync } from 'node:fs';
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { areAuthorities } from '../../crypto/certificates/authorities.js';
import { readPkcs12 } from '../../crypto/certificates/pkcs12.js';
import { KmsError } from '../../errors.js';
import { readablePath } from '../../files/credential.js';
import { systemAuthorities } from './system-authorities.js';
import { SYSTEM_AUTHORITIES, type TlsRequest } from './url/tls-request.js';
import type { Parameter } from './url/url-parameters.js';

/** Node's options, and `verifyIdentity`, which MySQL's driver has instead of `checkServerIdentity`. */
export interface TlsOptions extends ConnectionOptions {
  readonly verifyIdentity: boolean;
}

/** The second is for a server that takes no connection of the first kind. Null is a connection without TLS. */
export type TlsAttempts =
  readonly [TlsOptions | null] | readonly [TlsOptions | null, TlsOptions | null];

/**
 * Returns the options of each attempt to connect. @throws KmsError InvalidConfiguration for a file that cannot be used.
 */
export function tlsAttempts(request: TlsRequest): TlsAttempts {
  if (request.mode === 'disable') return [null];
  const options = tlsOptions(request);
  if (request.mode === 'allow') return [null, options];
  return request.mode === 'prefer' ? [options, null] : [options];
}

function tlsOptions({ mode, ca, ...client }: TlsRequest): TlsOptions {
  const material = { ...authorities(ca), ...clientOf(client) };
  assertUsable(material);
  return {
    ...material,
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    verifyIdentity: mode === 'verify-full',
    // Only the CA is verified: the certificate may be for any host.
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

interface Material {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

function authorities(ca: Parameter | null): Material {
  if (ca?.text !== SYSTEM_AUTHORITIES) return textOf('ca', ca);
  const found = systemAuthorities(process.env);
  return found === null ? {} : { ca: found };
}

function clientOf(client: Omit<TlsRequest, 'mode' | 'modeBy' | 'ca'>): Material {
  const { cert, key, keyPassword, identity, identityPassword } = client;
  if (identity !== null) return identityIn(contentOf(identity), identityPassword?.text ?? '');
  return {
    ...textOf('cert', cert),
    ...textOf('key', key),
    ...(keyPassword === null ? {} : { passphrase: keyPassword.text }),
  };
}

/** In PEM, since MySQL's driver takes nothing else. */
function identityIn(pfx: Buffer, passphrase: string): Material {
  usable(() => createSecureContext({ pfx, passphrase }));
  const found = readPkcs12(pfx, passphrase);
  if (found !== null) return { cert: found.certificates.join(''), key: found.key };
  throw invalid(
    'its client identity cannot be read',
    'make the file again, encrypted with AES: openssl pkcs12 -export of OpenSSL 3',
  );
}

function textOf(member: 'ca' | 'cert' | 'key', parameter: Parameter | null): Material {
  return parameter === null ? {} : { [member]: contentOf(parameter).toString('utf8') };
}

function contentOf({ name, text }: Parameter): Buffer {
  try {
    return readFileSync(readablePath(text));
  } catch (cause) {
    throw invalid(
      `the file of ${name}, ${text}, cannot be read`,
      'check the path and its rights',
      cause,
    );
  }
}

/** Otherwise the driver would fail only when it connects, without naming the files. */
function assertUsable(material: Material): void {
  usable(() => {
    createSecureContext(material);
  });
  if (material.ca === undefined || areAuthorities(material.ca)) return;
  throw invalid(
    'the file of its authorities has no certificate in PEM, or one that cannot be read',
    'give the certificates of the authorities: -----BEGIN CERTIFICATE----- …',
  );
}

function usable(load: () => unknown): void {
  try {
    load();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw invalid(
      `its certificates or key cannot be used (${code})`,
      'they must be PEM, or PKCS#12 for an identity; the key must be that of the certificate, and its password the right one',
      cause,
    );
  }
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', `TLS of the database: ${message}`, { hint, cause });
}
