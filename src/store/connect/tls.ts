// TLS as the usual parameters of a database URL, or PostgreSQL's environment variables, ask for it; for both drivers. A
// parameter that cannot be honoured is refused by name, never ignored.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { KmsError } from '../../errors.js';

type Verification = 'off' | 'encrypt' | 'verify-ca' | 'verify-full';

/** PostgreSQL (`sslmode`) and MySQL (`ssl-mode`) have names of their own for the same four. */
const MODES: ReadonlyMap<string, Verification> = new Map([
  ['disable', 'off'],
  ['disabled', 'off'],
  ['require', 'encrypt'],
  ['required', 'encrypt'],
  ['verify-ca', 'verify-ca'],
  ['verify_ca', 'verify-ca'],
  ['verify-full', 'verify-full'],
  ['verify_identity', 'verify-full'],
]);

const MODE_PARAMETERS = ['sslmode', 'ssl-mode', 'PGSSLMODE'];
const CA_PARAMETERS = ['sslrootcert', 'ssl-ca', 'PGSSLROOTCERT'];
const CERTIFICATE_PARAMETERS = ['sslcert', 'ssl-cert', 'PGSSLCERT'];
const KEY_PARAMETERS = ['sslkey', 'ssl-key', 'PGSSLKEY'];

const ALL_PARAMETERS = [
  MODE_PARAMETERS,
  CA_PARAMETERS,
  CERTIFICATE_PARAMETERS,
  KEY_PARAMETERS,
].flat();

/** Environment variables of PostgreSQL's clients, for a URL without parameters for TLS. */
const VARIABLES: readonly string[] = ALL_PARAMETERS.filter((name) => name.startsWith('PG'));

export const TLS_PARAMETERS: readonly string[] = ALL_PARAMETERS.filter(
  (name) => !VARIABLES.includes(name),
);

/** Values of PGSSLMODE that do not require TLS. */
const OPTIONAL_MODES = ['', 'disable', 'allow', 'prefer'];

/** Returns the parameters; or PostgreSQL's variables, if no parameter is about TLS and PGSSLMODE requires it. */
export function tlsParameters(
  parameters: URLSearchParams,
  env: Readonly<Record<string, string | undefined>>,
): URLSearchParams {
  if (TLS_PARAMETERS.some((name) => parameters.has(name))) return parameters;
  if (OPTIONAL_MODES.includes(env['PGSSLMODE'] ?? '')) return parameters;
  const variables = new URLSearchParams();
  for (const name of VARIABLES) if (env[name]) variables.set(name, env[name]);
  return variables;
}

/** Node's options, and `verifyIdentity`, which MySQL's driver has instead of `checkServerIdentity`. */
export interface TlsOptions extends ConnectionOptions {
  readonly verifyIdentity: boolean;
}

/**
 * Returns the options for TLS, or null for a connection without it.
 *
 * @throws KmsError InvalidConfiguration for an unknown mode or a file that cannot be used.
 */
export function tlsOptions(parameters: URLSearchParams): TlsOptions | null {
  const ca = only(parameters, CA_PARAMETERS);
  const cert = only(parameters, CERTIFICATE_PARAMETERS);
  const key = only(parameters, KEY_PARAMETERS);
  const mode = verification(only(parameters, MODE_PARAMETERS), ca !== null);
  if (mode === null || mode === 'off') {
    const contradicting = ca ?? cert ?? key;
    if (contradicting === null) return null;
    throw invalid(`${contradicting.name} is given, but TLS is off`, 'set sslmode=verify-full');
  }
  const material = { ...pem('ca', ca), ...pem('cert', cert), ...pem('key', key) };
  assertUsable(material);
  return {
    ...material,
    rejectUnauthorized: mode !== 'encrypt',
    verifyIdentity: mode === 'verify-full',
    // Only the CA is verified: the certificate may be for any host.
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

interface Parameter {
  readonly name: string;
  readonly text: string;
}

/** Returns the one parameter with one of these names; of two, one would have to be ignored. */
function only(parameters: URLSearchParams, names: readonly string[]): Parameter | null {
  const found = [...parameters].filter(([name]) => names.includes(name));
  const [first] = found;
  if (first === undefined) return null;
  if (found.length > 1) throw invalid(`${names.join(' or ')} is given twice`, 'give it once');
  return { name: first[0], text: first[1] };
}

function verification(mode: Parameter | null, hasCa: boolean): Verification | null {
  // A CA without a mode asks for full verification against it.
  if (mode === null) return hasCa ? 'verify-full' : null;
  const known = MODES.get(mode.text.toLowerCase());
  // As in libpq: a CA asks for verification.
  if (known === 'encrypt' && hasCa) return 'verify-ca';
  if (known !== undefined) return known;
  throw invalid(
    `${mode.name}=${mode.text} is not supported`,
    'use disable, require, verify-ca or verify-full (ssl-mode: DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY)',
  );
}

type Material = Partial<Record<'ca' | 'cert' | 'key', string>>;

function pem(member: keyof Material, parameter: Parameter | null): Material {
  if (parameter === null) return {};
  const { name, text } = parameter;
  try {
    return { [member]: readFileSync(text, 'utf8') };
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
  if ((material.cert === undefined) !== (material.key === undefined)) {
    throw invalid(
      'a client certificate and its key go together',
      'give both sslcert and sslkey (ssl-cert and ssl-key)',
    );
  }
  try {
    createSecureContext(material);
    // Node accepts a text without any certificate as a CA that has signed nothing.
    if (material.ca !== undefined) new X509Certificate(material.ca);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw invalid(
      `its certificates or key cannot be used (${code})`,
      'they must be PEM, the key without a passphrase and that of the client certificate',
      cause,
    );
  }
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', `TLS of the database: ${message}`, { hint, cause });
}
