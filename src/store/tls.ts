// TLS as the usual parameters of a database URL ask for it, for both drivers alike. A parameter that we
// cannot honour is refused by name: none is dropped in silence.
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { KmsError } from '../errors.js';

type Verification = 'off' | 'encrypt' | 'verify-ca' | 'verify-full';

/** How PostgreSQL (`sslmode`) and MySQL (`ssl-mode`) name the same four. */
const MODES: Readonly<Record<string, Verification>> = {
  disable: 'off',
  disabled: 'off',
  require: 'encrypt',
  required: 'encrypt',
  'verify-ca': 'verify-ca',
  verify_ca: 'verify-ca',
  'verify-full': 'verify-full',
  verify_identity: 'verify-full',
};

const MODE_PARAMETERS = ['sslmode', 'ssl-mode'];
const CA_PARAMETERS = ['sslrootcert', 'ssl-ca'];
const CERTIFICATE_PARAMETERS = ['sslcert', 'ssl-cert'];
const KEY_PARAMETERS = ['sslkey', 'ssl-key'];

export const TLS_PARAMETERS: readonly string[] = [
  ...MODE_PARAMETERS,
  ...CA_PARAMETERS,
  ...CERTIFICATE_PARAMETERS,
  ...KEY_PARAMETERS,
];

/**
 * Returns Node's options for TLS, or null for a connection without it.
 *
 * @throws KmsError InvalidConfiguration for an unknown mode or a file that cannot be read.
 */
export function tlsOptions(parameters: URLSearchParams): ConnectionOptions | null {
  const value = (names: readonly string[]) => {
    const name = names.find((candidate) => parameters.has(candidate));
    return name === undefined ? null : { name, text: parameters.get(name) ?? '' };
  };
  const [ca, cert, key] = [CA_PARAMETERS, CERTIFICATE_PARAMETERS, KEY_PARAMETERS].map(value);
  const mode = verification(value(MODE_PARAMETERS), ca !== null && ca !== undefined);
  if (mode === null || mode === 'off') {
    const contradicting = ca ?? cert ?? key;
    if (contradicting === null || contradicting === undefined) return null;
    throw invalid(`${contradicting.name} is given, but TLS is off`, 'set sslmode=verify-full');
  }
  const file = (parameter: { name: string; text: string } | null | undefined, member: string) =>
    parameter === null || parameter === undefined ? {} : { [member]: readPem(parameter) };
  return {
    ...file(ca, 'ca'),
    ...file(cert, 'cert'),
    ...file(key, 'key'),
    rejectUnauthorized: mode !== 'encrypt',
    // A CA alone is asked for: whose name the certificate bears does not matter.
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

function verification(
  mode: { name: string; text: string } | null,
  hasCa: boolean,
): Verification | null {
  // A CA without a mode means that it is to be verified against, and fully.
  if (mode === null) return hasCa ? 'verify-full' : null;
  const known = MODES[mode.text.toLowerCase()];
  if (known !== undefined) return known;
  throw invalid(
    `${mode.name}=${mode.text} is not supported`,
    'use disable, require, verify-ca or verify-full (ssl-mode: DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY)',
  );
}

function readPem({ name, text }: { name: string; text: string }): string {
  try {
    return readFileSync(text, 'utf8');
  } catch (cause) {
    throw new KmsError('InvalidConfiguration', `the file of ${name}, ${text}, cannot be read`, {
      hint: 'check the path and its rights',
      cause,
    });
  }
}

function invalid(message: string, hint: string): KmsError {
  return new KmsError('InvalidConfiguration', `the database URL: ${message}`, { hint });
}
