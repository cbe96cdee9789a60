// Settings from flags, environment and kms.toml, in that order, then defaults; each setting is one row
// of a table. What a setting means is its user's business.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { KmsError } from './errors.js';
import { LOG_LEVELS, type LogLevel } from './log-level.js';
import { nearest } from './nearest.js';
import type { ServerKek } from './flows/change.js';
import { FIRST_DEADLINE_RULES, type FirstDeadlineRule } from './rotation/schedule.js';

export interface Config {
  readonly databaseUrl: string;
  /** True if no setting named a database, and the default store is meant. */
  readonly databaseIsDefault: boolean;
  readonly firstDeadline: FirstDeadlineRule;
  readonly serverKek: ServerKek;
  /** Whether a pair's certificates are issued anew for its replacement. */
  readonly withCertificates: boolean;
  /** Null where it goes by who watches. */
  readonly logLevel: LogLevel | null;
  /** What deserves a word, but is no error. */
  readonly warnings: readonly string[];
}

/** What the shell hands over; nothing else is looked at but files. */
export interface ConfigSources {
  readonly flags: {
    readonly config?: string | undefined;
    readonly databaseUrl?: string | undefined;
    readonly logLevel?: LogLevel | undefined;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

const SETTINGS = [
  'database.url',
  'database.password',
  'rotation.first_deadline',
  'rotation.key_encryption_key',
  'rotation.rotate_key_encryption_key',
  'rotation.with_certificates',
  'log.level',
] as const;
type Setting = (typeof SETTINGS)[number];

/** Settings that may hold a password, and so may also be read from a file. */
const SECRETS: readonly Setting[] = ['database.url', 'database.password'];

/** Settings that are true or false. */
const SWITCHES: readonly Setting[] = [
  'rotation.rotate_key_encryption_key',
  'rotation.with_certificates',
];

const VARIABLES_WITHOUT_SETTING = ['KMS_CONFIG'];

/** @throws KmsError InvalidConfiguration, naming file, member or variable. */
export function loadConfig(sources: ConfigSources): Config {
  const file = readConfigFile(sources);
  const value = (setting: Setting) => fromEnvironment(setting, sources.env) ?? file[setting];
  const databaseUrl = sources.flags.databaseUrl ?? value('database.url');
  return {
    databaseUrl: withPassword(
      databaseUrl ?? defaultDatabaseUrl(sources.env),
      value('database.password') ?? '',
    ),
    databaseIsDefault: databaseUrl === undefined,
    firstDeadline: oneOf(
      'rotation.first_deadline',
      value('rotation.first_deadline') ?? 'offset',
      FIRST_DEADLINE_RULES,
    ),
    serverKek: {
      uid: nonEmpty('rotation.key_encryption_key', value('rotation.key_encryption_key')),
      mayBeRotated: booleanOf(
        'rotation.rotate_key_encryption_key',
        value('rotation.rotate_key_encryption_key') ?? 'false',
      ),
    },
    withCertificates: booleanOf(
      'rotation.with_certificates',
      value('rotation.with_certificates') ?? 'false',
    ),
    logLevel: sources.flags.logLevel ?? levelOf(value('log.level')),
    warnings: unknownVariables(sources.env),
  };
}

function levelOf(value: string | undefined): LogLevel | null {
  return value === undefined ? null : oneOf('log.level', value, LOG_LEVELS);
}

/** Puts a password where it belongs in a URL, so that nobody else need know of two places. */
function withPassword(url: string, password: string): string {
  if (password === '') return url;
  const [, scheme, userinfo = '', rest = ''] =
    /^((?!sqlite:)[a-z][a-z0-9+]*:\/\/)(?:([^/?#]*)@)?(.*)$/is.exec(url) ?? [];
  if (scheme === undefined) {
    throw invalid(
      'database.password is set, but an SQLite file has none, and is not encrypted by one',
      'leave the password out, or name a server by the URL',
    );
  }
  const [user = '', ...inUrl] = userinfo.split(':');
  if (inUrl.join('') === '') return `${scheme}${user}:${encodeURIComponent(password)}@${rest}`;
  throw invalid(
    'the database URL has a password, and database.password is set too',
    'leave it out of one of the two',
  );
}

function readConfigFile({ flags, env, cwd }: ConfigSources): Partial<Record<Setting, string>> {
  const named = flags.config ?? env['KMS_CONFIG'];
  const places = [
    join(cwd, 'kms.toml'),
    join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'kms', 'kms.toml'),
    '/etc/kms/kms.toml',
  ];
  const path = named ?? places.find((place) => existsSync(place));
  return path === undefined ? {} : settingsIn(path, parseToml(path));
}

function parseToml(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(
      `the configuration file ${path} cannot be read`,
      'check the path and its rights',
      cause,
    );
  }
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw invalid(
      `${path}:${cause.line}:${cause.column}: not valid TOML`,
      'look at this line; texts need quotes',
      cause,
    );
  }
}

function settingsIn(
  path: string,
  tables: Record<string, unknown>,
): Partial<Record<Setting, string>> {
  const settings: Partial<Record<Setting, string>> = {};
  for (const [table, members] of Object.entries(tables)) {
    const entries = isTable(members)
      ? Object.entries(members).map(([key, value]) => [`${table}.${key}`, value] as const)
      : [[table, members] as const];
    for (const [name, value] of entries) {
      const setting = SETTINGS.find((known) => known === name);
      if (setting === undefined) throw unknownSetting(path, name);
      settings[setting] = textOf(path, setting, value);
    }
  }
  return settings;
}

function textOf(path: string, setting: Setting, value: unknown): string {
  if (SWITCHES.includes(setting)) {
    if (typeof value === 'boolean') return String(value);
    throw invalid(`${path}: ${setting} must be true or false`, 'write it without quotes');
  }
  if (typeof value === 'string') return value;
  throw invalid(`${path}: ${setting} must be a text`, 'put it in quotes');
}

function unknownSetting(path: string, name: string): KmsError {
  const outOfItsTable = SETTINGS.find((setting) => setting.endsWith(`.${name}`));
  return invalid(
    `${path}: unknown setting ${JSON.stringify(name)}`,
    `did you mean ${outOfItsTable ?? nearest(name, SETTINGS)}?`,
  );
}

function fromEnvironment(setting: Setting, env: ConfigSources['env']): string | undefined {
  const variable = variableOf(setting);
  const fileVariable = `${variable}_FILE`;
  const path = SECRETS.includes(setting) ? env[fileVariable] : undefined;
  if (env[variable] !== undefined && path !== undefined) {
    throw invalid(`${variable} and ${fileVariable} are both set`, 'set one of the two');
  }
  if (path === undefined) return env[variable];
  try {
    // A password may begin or end with a blank.
    return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
  } catch (cause) {
    throw invalid(
      `the file that ${fileVariable} names cannot be read`,
      'check its path and rights',
      cause,
    );
  }
}

function variableOf(setting: string): string {
  return `KMS_${setting.replaceAll('.', '_').toUpperCase()}`;
}

/** A Kubernetes Service called kms injects variables of its own, so an unknown one is no error. */
function unknownVariables(env: ConfigSources['env']): readonly string[] {
  const known = [
    ...SETTINGS.map(variableOf),
    ...SECRETS.map((setting) => `${variableOf(setting)}_FILE`),
    ...VARIABLES_WITHOUT_SETTING,
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith('KMS_') && !name.startsWith('KMS_TEST_'))
    .filter((name) => !known.includes(name))
    .map((name) => `unknown variable ${name}; did you mean ${nearest(name, known)}?`);
}

function defaultDatabaseUrl(env: ConfigSources['env']): string {
  const data = env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share');
  return `sqlite:${join(data, 'kms', 'kms.db')}`;
}

function oneOf<Choice extends string>(
  setting: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw invalid(
    `${setting} cannot be ${JSON.stringify(value)}`,
    `it is one of ${choices.map((candidate) => JSON.stringify(candidate)).join(', ')}`,
  );
}

function nonEmpty(setting: string, value: string | undefined): string | null {
  if (value === '') throw invalid(`${setting} is empty`, 'leave it out, or give a value');
  return value ?? null;
}

function booleanOf(setting: string, value: string): boolean {
  return oneOf(setting, value, ['true', 'false']) === 'true';
}

function isTable(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint, cause });
}
