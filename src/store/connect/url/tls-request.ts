// What the parameters of a URL, or PostgreSQL's variables, ask for of TLS. tls.ts reads the files that they name.
import { cannot } from './url-mistake.js';
import { TLS_PARAMETERS, type FindParameter, type Parameter } from './url-parameters.js';

/** As libpq calls them. `allow` and `prefer` take a connection without TLS too, and verify nothing. */
type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface TlsRequest {
  readonly mode: TlsMode;
  /** What names the mode; null if it follows from other parameters, or if nothing asks for TLS. */
  readonly modeBy: Parameter | null;
  /** The files, and the passwords for them, with the parameters that name them. */
  readonly ca: Parameter | null;
  readonly cert: Parameter | null;
  readonly key: Parameter | null;
  readonly keyPassword: Parameter | null;
  /** A PKCS#12 file, with both the certificate and its key. */
  readonly identity: Parameter | null;
  readonly identityPassword: Parameter | null;
}

/** The words of PostgreSQL (`sslmode`) and MySQL (`ssl-mode`). */
const MODES: ReadonlyMap<string, TlsMode> = new Map([
  ['disable', 'disable'],
  ['disabled', 'disable'],
  ['allow', 'allow'],
  ['prefer', 'prefer'],
  ['preferred', 'prefer'],
  ['require', 'require'],
  ['required', 'require'],
  ['verify-ca', 'verify-ca'],
  ['verify_ca', 'verify-ca'],
  ['verify-full', 'verify-full'],
  ['verify_identity', 'verify-full'],
]);

/** The value of `ca` that names the authorities of this host. */
export const SYSTEM_AUTHORITIES = 'system';

const NOTHING = {
  ca: null,
  cert: null,
  key: null,
  keyPassword: null,
  identity: null,
  identityPassword: null,
} as const;

/** Says whether a connection without TLS, or none that is verified, will do. */
export function isOptional({ mode }: Pick<TlsRequest, 'mode'>): boolean {
  return mode === 'disable' || mode === 'allow' || mode === 'prefer';
}

/** @throws UrlMistake for an unknown mode, or for parameters that contradict each other. */
export function tlsRequest(find: FindParameter): TlsRequest {
  const named = find(TLS_PARAMETERS.mode);
  const found = {
    ca: find(TLS_PARAMETERS.ca),
    cert: find(TLS_PARAMETERS.cert),
    key: find(TLS_PARAMETERS.key),
    keyPassword: find(TLS_PARAMETERS.keyPassword),
    identity: find(TLS_PARAMETERS.identity),
    identityPassword: find(TLS_PARAMETERS.identityPassword),
  };
  const mode = modeOf(named, found.ca);
  // A variable that the URL does not need, such as PGSSLROOTCERT, contradicts nothing.
  const given = Object.values(found).find((one) => one !== null && !one.isDefault);
  if (mode === 'disable') {
    if (given === undefined || given === null) return { mode, modeBy: named, ...NOTHING };
    throw tls(`${given.name} is given, but TLS is off`, 'set sslmode=verify-full');
  }
  assertTogether(found);
  if (!isOptional({ mode })) return { mode, modeBy: named, ...found };
  const { ca } = found;
  if (ca === null || ca.isDefault) return { mode, modeBy: named, ...found, ca: null };
  throw tls(`${ca.name} has no effect with this mode`, 'set sslmode=verify-full');
}

function modeOf(named: Parameter | null, ca: Parameter | null): TlsMode {
  const isSystem = ca?.text === SYSTEM_AUTHORITIES;
  // A CA in the URL without a mode asks for full verification against it.
  if (named === null) return ca === null || ca.isDefault ? 'disable' : 'verify-full';
  const mode = MODES.get(named.text.toLowerCase());
  if (mode === undefined) {
    throw tls(
      `${named.name} has an unknown value`,
      'use disable, allow, prefer, require, verify-ca or verify-full (ssl-mode: DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY)',
    );
  }
  if (isSystem && !ca.isDefault && mode !== 'verify-full') {
    throw tls(
      `${ca.name}=system needs the host name to be verified`,
      'anybody may have a certificate of a public authority; set sslmode=verify-full',
    );
  }
  // As in libpq: a CA asks for verification.
  return mode === 'require' && ca !== null ? 'verify-ca' : mode;
}

function assertTogether(found: Omit<TlsRequest, 'mode' | 'modeBy'>): void {
  const { cert, key, keyPassword, identity, identityPassword } = found;
  if (identity !== null && (cert ?? key) !== null) {
    throw tls(
      'two client certificates are given',
      'give a certificate and its key, or one identity',
    );
  }
  if (identityPassword !== null && identity === null) {
    throw tls(`${identityPassword.name} is given without an identity`, 'name its file');
  }
  if (keyPassword !== null && key === null) {
    throw tls(`${keyPassword.name} is given without a key`, 'name its file by sslkey');
  }
  if ((cert === null) !== (key === null)) {
    throw tls(
      'a client certificate and its key go together',
      'give both sslcert and sslkey (ssl-cert and ssl-key)',
    );
  }
}

function tls(message: string, hint: string) {
  return cannot(`TLS: ${message}`, hint);
}
