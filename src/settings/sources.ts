// Where each setting's value comes from: flag, variable (or the file that its …_FILE variable names),
// kms.toml, default, in that order. What is wrong is named with the place where it stands.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { KmsError } from '../errors.js';
import { nearest } from '../text/nearest.js';
import { Complaint, isTable } from './setting-kinds.js';
import type { SETTINGS } from './settings.js';
import {
  SETTING_NAMES,
  settingOf,
  variableOf,
  type SettingName,
  type SettingValue,
} from './settings.js';
import { lineOf, type MemberPath } from './toml-lines.js';

/** What the shell hands over; nothing else is looked at but files. */
export interface ConfigSources {
  /** As oclif has parsed them; those that give no setting are passed over. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

type Source =
  | { readonly kind: 'flag' | 'variable' | 'file'; readonly name: string }
  | { readonly kind: 'default' };

type Got<Name extends SettingName> = (typeof SETTINGS)[Name] extends { fallback: unknown }
  ? SettingValue<Name>
  : SettingValue<Name> | undefined;

export interface ResolvedSettings {
  /** Undefined where nothing gives it and it has no default. */
  get<Name extends SettingName>(name: Name): Got<Name>;
  source(name: SettingName): Source;
  /** The configuration file that was read, if there was one. */
  readonly file: string | null;
}

const VARIABLES_WITHOUT_SETTING = ['KMS_CONFIG'];

interface Given {
  readonly value: unknown;
  readonly source: Source;
}

/** @throws KmsError InvalidConfiguration, naming file, member or variable. */
export function resolveSettings(sources: ConfigSources): ResolvedSettings {
  const file = configFile(sources);
  const toml = file === null ? null : readToml(file);
  const inFile =
    toml === null ? new Map<SettingName, unknown>() : settingsIn(toml, parseToml(toml));
  const given = new Map<SettingName, Given>();
  for (const name of SETTING_NAMES) {
    const found =
      fromFlag(name, sources.flags) ??
      fromEnvironment(name, sources.env) ??
      fromFile(name, toml, inFile) ??
      fallbackOf(name);
    if (found !== null) given.set(name, found);
  }
  return {
    get: <Name extends SettingName>(name: Name) => given.get(name)?.value as Got<Name>,
    source: (name) => given.get(name)?.source ?? { kind: 'default' },
    file,
  };
}

/** A Kubernetes Service called kms injects variables of its own, so an unknown one is no error. */
export function unknownVariables(env: ConfigSources['env']): readonly string[] {
  const known = [
    ...SETTING_NAMES.map(variableOf),
    ...SETTING_NAMES.filter(isSecret).map(fileVariableOf),
    ...VARIABLES_WITHOUT_SETTING,
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith('KMS_') && !name.startsWith('KMS_TEST_'))
    .filter((name) => !known.includes(name))
    .map((name) => `unknown variable ${name}; did you mean ${nearest(name, known)}?`);
}

function configFile({ flags, env, cwd }: ConfigSources): string | null {
  const named = flags['config'] ?? env['KMS_CONFIG'];
  if (typeof named === 'string') return named;
  const places = [
    join(cwd, 'kms.toml'),
    join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'kms', 'kms.toml'),
    '/etc/kms/kms.toml',
  ];
  return places.find((place) => existsSync(place)) ?? null;
}

interface Toml {
  readonly path: string;
  readonly text: string;
}

function readToml(path: string): Toml {
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (cause) {
    const message = `the configuration file ${path} cannot be read`;
    throw invalid(message, 'check the path and its rights', cause);
  }
}

function parseToml({ path, text }: Toml): Record<string, unknown> {
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

/** Returns the values of the settings that tables hold, those of nested ones too. */
function settingsIn(
  toml: Toml,
  table: Record<string, unknown>,
  prefix = '',
): Map<SettingName, unknown> {
  const settings = new Map<SettingName, unknown>();
  for (const [key, value] of Object.entries(table)) {
    const full = `${prefix}${key}`;
    const name = SETTING_NAMES.find((known) => known === full);
    if (name !== undefined) {
      settings.set(name, value);
      continue;
    }
    if (!isTable(value)) throw unknownSetting(toml, full);
    if (!SETTING_NAMES.some((known) => known.startsWith(`${full}.`))) {
      throw unknownSetting(toml, firstLeafOf(full, value));
    }
    for (const [below, found] of settingsIn(toml, value, `${full}.`)) settings.set(below, found);
  }
  return settings;
}

function firstLeafOf(name: string, value: unknown): string {
  const [entry] = isTable(value) ? Object.entries(value) : [];
  return entry === undefined ? name : firstLeafOf(`${name}.${entry[0]}`, entry[1]);
}

function unknownSetting(toml: Toml, name: string): KmsError {
  const outOfItsTable = SETTING_NAMES.find((setting) => setting.endsWith(`.${name}`));
  return invalid(
    `${placeOf(toml, name.split('.'))}: unknown setting ${JSON.stringify(name)}`,
    `did you mean ${outOfItsTable ?? nearest(name, SETTING_NAMES)}?`,
  );
}

/** File and line of a member. */
function placeOf({ path, text }: Toml, member: MemberPath): string {
  return `${path}:${lineOf(text, member)}`;
}

/** A switch that is off says nothing: it was not given. */
function fromFlag(name: SettingName, flags: ConfigSources['flags']): Given | null {
  const { flag, kind } = settingOf(name);
  const given = flag === undefined ? undefined : flags[flag];
  if (flag === undefined || given === undefined || given === false) return null;
  const value = typeof given === 'string' ? kind.fromText(given) : given;
  if (value === undefined) throw invalid(`--${flag} ${kind.complaint}`, kind.hint);
  return { value, source: { kind: 'flag', name: `--${flag}` } };
}

function fromEnvironment(name: SettingName, env: ConfigSources['env']): Given | null {
  const [variable, fileVariable] = [variableOf(name), fileVariableOf(name)];
  const path = isSecret(name) ? env[fileVariable] : undefined;
  if (env[variable] !== undefined && path !== undefined) {
    throw invalid(`${variable} and ${fileVariable} are both set`, 'set one of the two');
  }
  const text = path === undefined ? env[variable] : contentOf(path, fileVariable);
  if (text === undefined) return null;
  const used = path === undefined ? variable : fileVariable;
  const { kind } = settingOf(name);
  const value = naming(
    () => used,
    () => kind.fromText(text),
  );
  if (value === undefined) throw invalid(`${used} ${kind.complaint}`, kind.hint);
  return { value, source: { kind: 'variable', name: used } };
}

function contentOf(path: string, fileVariable: string): string {
  try {
    // A password may begin or end with a blank.
    return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
  } catch (cause) {
    const message = `the file that ${fileVariable} names cannot be read`;
    throw invalid(message, 'check its path and rights', cause);
  }
}

function fromFile(
  name: SettingName,
  toml: Toml | null,
  inFile: ReadonlyMap<SettingName, unknown>,
): Given | null {
  if (toml === null || !inFile.has(name)) return null;
  const { kind } = settingOf(name);
  const where = (within: MemberPath) =>
    `${placeOf(toml, [...name.split('.'), ...within])}: ${name}`;
  const value = naming(where, () => kind.fromToml(inFile.get(name)));
  if (value === undefined) throw invalid(`${where([])} ${kind.complaint}`, kind.hint);
  return { value, source: { kind: 'file', name: toml.path } };
}

function fallbackOf(name: SettingName): Given | null {
  const { fallback, kind } = settingOf(name);
  if (fallback === undefined) return null;
  return { value: kind.fromToml(fallback), source: { kind: 'default' } };
}

function naming<T>(where: (within: MemberPath) => string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw invalid(`${where(error.path)}: ${error.message}`, error.hint, error);
  }
}

function isSecret(name: SettingName): boolean {
  return settingOf(name).secret === true;
}

function fileVariableOf(name: string): string {
  return `${variableOf(name)}_FILE`;
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint, cause });
}
