// What a schedule takes over of the environment that it is made in: variables that set settings, name the store, or
// steer connections. Values that may be secret are never printed: a file takes their place, or a notice names them.
import { resolve } from 'node:path';
import type { Environment } from '../settings/environment.js';
import type { ResolvedSettings } from '../settings/resolve-settings.js';
import { SETTING_NAMES, settingNamed, variableOf, type SettingName } from '../settings/settings.js';
import { CONNECTION_VARIABLES } from '../store/connect/url/postgresql-variables.js';
import { SYSTEM_AUTHORITIES } from '../store/connect/url/tls-request.js';
import { namesFile } from './named-files.js';

export interface Variable {
  readonly name: string;
  readonly value: string;
  /** Whether the value is the path of a file that is read. */
  readonly isFile: boolean;
}

/** A file with a secret. */
export interface SecretFile {
  /** The `…_FILE` variable that names it. */
  readonly variable: string;
  readonly file: string;
  /** Whether somebody must still write it. */
  readonly isMissing: boolean;
}

export interface Carried {
  readonly variables: readonly Variable[];
  readonly secrets: readonly SecretFile[];
  readonly notices: readonly string[];
}

/** Of the settings that variables set, all but those of the store and its cadence. */
export function carriedSettings(
  settings: ResolvedSettings,
  env: Environment,
  secretsFolder: string,
): Pick<Carried, 'variables' | 'secrets'> {
  const names = SETTING_NAMES.filter(
    (name) => settings.source(name).kind === 'variable' && !NOT_CARRIED.includes(name),
  );
  const [secrets, plain] = [names.filter(isSecret), names.filter((name) => !isSecret(name))];
  return {
    secrets: secrets.map((name) => secretFile(name, settings, env, secretsFolder)),
    variables: plain.map((name) => ({
      name: variableOf(name),
      value: env[variableOf(name)] ?? '',
      isFile: namesFile(name),
    })),
  };
}

/** The schedule itself says what these are. */
export const NOT_CARRIED: readonly SettingName[] = [
  'database.url',
  'database.password',
  'store.cadence',
];

/** Returns the file of a secret setting: the one that its variable names, else one that is to be written. */
export function secretFile(
  name: SettingName,
  settings: ResolvedSettings,
  env: Environment,
  secretsFolder: string,
): SecretFile {
  const variable = `${variableOf(name)}_FILE`;
  const source = settings.source(name);
  const named = source.kind === 'variable' && source.name === variable ? env[variable] : undefined;
  if (named !== undefined) return { variable, file: resolve(named), isMissing: false };
  const file = `${secretsFolder}/${name.replace(/[._]/g, '-')}`;
  return { variable, file, isMissing: true };
}

/** Returns what a comment calls the content of a secret's file. */
export function valueOf(variable: string): string {
  return variable === 'KMS_DATABASE_URL_FILE'
    ? 'the database URL'
    : `the value of ${variable.replace(/_FILE$/, '')}`;
}

/** Variables of PostgreSQL, OpenTelemetry, Node.js and proxies; kms reads them, but has no settings for them. */
export function foreignVariables(
  env: Environment,
  server: 'postgresql' | 'mysql' | null,
): Omit<Carried, 'secrets'> {
  const inForce = Object.entries(env).filter(
    (pair): pair is [string, string] =>
      (pair[1] ?? '') !== '' && (FOREIGN.test(pair[0]) || isOfConnection(pair[0], server)),
  );
  const [hidden, shown] = [inForce.filter(mayBeSecret), inForce.filter((one) => !mayBeSecret(one))];
  return {
    variables: shown.map(([name, value]) => ({ name, value, isFile: isFileVariable(name, value) })),
    notices: hidden.map(
      ([name]) => `${name} is set here and may hold a secret, so it was left out: set it there`,
    ),
  };
}

const FOREIGN = /^(?:OTEL_\w+|NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy)$/i;

function isOfConnection(name: string, server: 'postgresql' | 'mysql' | null): boolean {
  if (name === 'SSL_CERT_FILE') return server !== null;
  return server === 'postgresql' && CONNECTION_VARIABLES.includes(name);
}

/** By their names, and URLs with a user in them. */
function mayBeSecret([name, value]: readonly [string, string]): boolean {
  return /HEADERS|PASSWORD|TOKEN|SECRET/.test(name) || /:\/\/[^/]*@/.test(value);
}

function isFileVariable(name: string, value: string): boolean {
  if (value === SYSTEM_AUTHORITIES) return false;
  return /^PG(?:SSLROOTCERT|SSLCERT|SSLKEY|PASSFILE)$|_CERTIFICATE$|_CLIENT_KEY$|_CERT_FILE$|_CA_CERTS$/.test(
    name,
  );
}

function isSecret(name: SettingName): boolean {
  return settingNamed(name).secret === true;
}
