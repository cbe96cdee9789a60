// The value of each setting and where it comes from: flag, environment variable, kms.toml, default, in that order.
import { readVariable, type Environment } from './environment.js';
import { describeMistake } from './kinds/value-kind.js';
import {
  SETTING_NAMES,
  settingNamed,
  type SettingName,
  type SETTINGS,
  type SettingValue,
} from './settings.js';
import { findConfigFile, readSettingsFile, type SettingsFile } from './settings-file.js';
import { KmsError } from '../errors.js';

/** Everything that the caller of kms passes; apart from it only files are read. */
export interface ConfigSources {
  /** As oclif has parsed them; those that set no setting are ignored. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Environment;
  readonly cwd: string;
}

export interface ResolvedSettings {
  /** Undefined if nothing sets it and it has no default. */
  get<Name extends SettingName>(name: Name): ResolvedValue<Name>;
  source(name: SettingName): SettingSource;
  /** The configuration file that was read, if there was one. */
  readonly file: string | null;
}

type ResolvedValue<Name extends SettingName> = (typeof SETTINGS)[Name] extends {
  defaultValue: unknown;
}
  ? SettingValue<Name>
  : SettingValue<Name> | undefined;

type SettingSource =
  | { readonly kind: 'flag' | 'variable' | 'file'; readonly name: string }
  | { readonly kind: 'default' };

interface FoundValue {
  readonly value: unknown;
  readonly source: SettingSource;
}

/** @throws KmsError InvalidConfiguration, naming file and line, flag or variable. */
export function resolveSettings({ flags, env, cwd }: ConfigSources): ResolvedSettings {
  // An empty variable names no file.
  const named = flags['config'] ?? (env['KMS_CONFIG'] === '' ? undefined : env['KMS_CONFIG']);
  const path = findConfigFile(typeof named === 'string' ? named : undefined, cwd, env);
  const file = path === null ? null : readSettingsFile(path);
  const found = new Map<SettingName, FoundValue>();
  for (const name of SETTING_NAMES) {
    const value =
      fromFlag(name, flags) ?? fromVariable(name, env) ?? fromFile(name, file) ?? defaultOf(name);
    if (value !== null) found.set(name, value);
  }
  return {
    get: <Name extends SettingName>(name: Name) => found.get(name)?.value as ResolvedValue<Name>,
    source: (name) => found.get(name)?.source ?? { kind: 'default' },
    file: path,
  };
}

/** A boolean flag that is false was not given. */
function fromFlag(name: SettingName, flags: ConfigSources['flags']): FoundValue | null {
  const { flag, kind } = settingNamed(name);
  const given = flag === undefined ? undefined : flags[flag];
  if (flag === undefined || given === undefined || given === false) return null;
  const source = { kind: 'flag', name: `--${flag}` } as const;
  if (typeof given !== 'string') return { value: given, source };
  const read = kind.readText(given);
  if (read.mistake === undefined) return { value: read.value, source };
  throw new KmsError('InvalidConfiguration', describeMistake(source.name, read.mistake), {
    hint: read.mistake.hint,
  });
}

function fromVariable(name: SettingName, env: Environment): FoundValue | null {
  const found = readVariable(name, env);
  return found && { value: found.value, source: { kind: 'variable', name: found.variable } };
}

function fromFile(name: SettingName, file: SettingsFile | null): FoundValue | null {
  if (file?.has(name) !== true) return null;
  return { value: file.read(name), source: { kind: 'file', name: file.path } };
}

function defaultOf(name: SettingName): FoundValue | null {
  const { defaultValue, kind } = settingNamed(name);
  if (defaultValue === undefined) return null;
  const read = kind.readToml(defaultValue);
  if (read.mistake !== undefined) throw new TypeError(describeMistake(name, read.mistake));
  return { value: read.value, source: { kind: 'default' } };
}
