// The parameters of a database URL: which of them each kind of server takes, and which are secret.

import { cannot } from './url-mistake.js';

export interface Parameter {
  /** As it was given: a parameter, or the variable that sets its default. */
  readonly name: string;
  readonly text: string;
  readonly isDefault: boolean;
}

/** What parameters are where a URL does not have them, by their names. */
export type ParameterDefaults = Readonly<Record<string, Pick<Parameter, 'name' | 'text'>>>;

/** Returns the one parameter with one of these names, or its default. */
export type FindParameter = (names: readonly string[]) => Parameter | null;

/** Where the server is. */
export const PLACES: readonly string[] = ['host', 'socket'];

/** PostgreSQL and MySQL name the same things differently; each name is taken for both. */
export const TLS_PARAMETERS = {
  mode: ['sslmode', 'ssl-mode', 'ssl_mode'],
  ca: ['sslrootcert', 'ssl-ca', 'ssl_ca'],
  cert: ['sslcert', 'ssl-cert', 'ssl_cert'],
  key: ['sslkey', 'ssl-key', 'ssl_key'],
  keyPassword: ['sslpassword'],
  identity: ['ssl-client-identity', 'ssl_client_identity'],
  identityPassword: ['ssl-client-identity-password', 'ssl_client_identity_password'],
} as const satisfies Record<string, readonly string[]>;

const FOR_BOTH: readonly string[] = [
  ...PLACES,
  'port',
  'connect_timeout',
  'target_session_attrs',
  ...Object.values(TLS_PARAMETERS).flat(),
];

/** As libpq names them. */
const FOR_POSTGRESQL: readonly string[] = [
  ...FOR_BOTH,
  'user',
  'password',
  'dbname',
  'channel_binding',
  'application_name',
  'options',
];

export const PARAMETERS = { postgresql: FOR_POSTGRESQL, mysql: FOR_BOTH } as const;

const SECRET: readonly string[] = [
  'password',
  ...TLS_PARAMETERS.keyPassword,
  ...TLS_PARAMETERS.identityPassword,
];

export function isSecretParameter(name: string): boolean {
  return SECRET.includes(name);
}

/** Of two parameters of one meaning, one would have to be ignored; so they are refused. */
export function parameterFinder(
  query: URLSearchParams,
  defaults: ParameterDefaults,
): FindParameter {
  return (names) => {
    const found = [...query].filter(([name]) => names.includes(name));
    const [first] = found;
    if (found.length > 1) throw cannot(`${names.join(' or ')} is given twice`, 'give it once');
    if (first !== undefined) return { name: first[0], text: first[1], isDefault: false };
    const named = names.find((name) => defaults[name] !== undefined);
    const byDefault = named === undefined ? undefined : defaults[named];
    return byDefault === undefined ? null : { ...byDefault, isDefault: true };
  };
}
