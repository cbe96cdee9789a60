// The value of each setting and where it comes from: flag, environment variable, kms.toml, default, in that order.
import { findVariable, variableIn, type Environment } from './environment.js';
import { describeMistake, type Mistake, type Read } from './kinds/value-kind.js';
import type { SettingFlaw } from './notify-settings.js';
import {
  isOfDestination,
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
  /** Undefined if nothing sets it to a value of use and it has no default. */
  get<Name extends SettingName>(name: Name): ResolvedValue<Name>;
  source(name: SettingName): SettingSource;
  /** The configuration file that was read, if there was one. */
  readonly file: string | null;
  /** What destinations cannot use. */
  readonly flaws: readonly SettingFlaw[];
}

type ResolvedValue<Name extends SettingName> = (typeof SETTINGS)[Name] extends {
  defaultValue: unknown;
}
  ? SettingValue<Name>
  : SettingValue<Name> | undefined;

type SettingSource =
  | { readonly kind: 'flag' | 'variable' | 'file'; readonly name: string }
  | { readonly kind: 'default' };

/** What a source has for a setting, before it is known to be of use. */
interface FoundValue {
  readonly read: Read<unknown> | { readonly error: KmsError };
  readonly source: SettingSource;
  readonly errorOf: (mistake: Mistake) => KmsError;
}

/**
 * Takes each setting from the first source that has it. A value of the right type that a destination cannot use is
 * left out and becomes a flaw; any other mistake ends the command.
 *
 * @throws KmsError InvalidConfiguration, naming file and line, flag or variable.
 */
export function resolveSettings({ flags, env, cwd }: ConfigSources): ResolvedSettings {
  const named = flags['config'] ?? variableIn(env, 'KMS_CONFIG') ?? undefined;
  const path = findConfigFile(typeof named === 'string' ? named : undefined, cwd, env);
  const file = path === null ? null : readSettingsFile(path);
  const values = new Map<SettingName, unknown>();
  const sources = new Map<SettingName, SettingSource>();
  const flaws: SettingFlaw[] = [];
  for (const name of SETTING_NAMES) {
    const found = fromFlag(name, flags) ?? fromVariable(name, env) ?? fromFile(name, file);
    if (found !== null) sources.set(name, found.source);
    const { value = defaultOf(name), flaws: own = [] } = found === null ? {} : settle(name, found);
    if (value !== undefined) values.set(name, value);
    flaws.push(...own);
  }
  return {
    get: <Name extends SettingName>(name: Name) => values.get(name) as ResolvedValue<Name>,
    source: (name) => sources.get(name) ?? { kind: 'default' },
    file: path,
    flaws,
  };
}

function settle(name: SettingName, { read, errorOf }: FoundValue) {
  const flaw = (error: KmsError, mistake?: Mistake): SettingFlaw => {
    const [entry, member] = mistake?.path ?? [];
    return {
      setting: name,
      entry: typeof entry === 'number' ? entry : null,
      member: typeof member === 'string' ? member : null,
      error,
    };
  };
  const mayBeFlawed = isOfDestination(name);
  if ('error' in read) {
    if (mayBeFlawed) return { flaws: [flaw(read.error)] };
    throw read.error;
  }
  if (read.mistake !== undefined) {
    const error = errorOf(read.mistake);
    if (mayBeFlawed && read.mistake.isFlaw) return { flaws: [flaw(error, read.mistake)] };
    throw error;
  }
  const { value, flaws = [] } = read;
  return { value, flaws: flaws.map((mistake) => flaw(errorOf(mistake), mistake)) };
}

/** A boolean flag that is false was not given. */
function fromFlag(name: SettingName, flags: ConfigSources['flags']): FoundValue | null {
  const { flag, kind } = settingNamed(name);
  const given = flag === undefined ? undefined : flags[flag];
  if (flag === undefined || given === undefined || given === false) return null;
  const source = { kind: 'flag', name: `--${flag}` } as const;
  const read = typeof given === 'string' ? kind.readText(given) : { value: given };
  return { read, source, errorOf: errorAbout(source.name) };
}

function fromVariable(name: SettingName, env: Environment): FoundValue | null {
  const found = findVariable(name, env);
  if (found === null) return null;
  const { text, variable } = found;
  return {
    read: typeof text === 'string' ? settingNamed(name).kind.readText(text) : { error: text },
    source: { kind: 'variable', name: variable },
    errorOf: errorAbout(variable),
  };
}

function errorAbout(source: string): (mistake: Mistake) => KmsError {
  return (mistake) =>
    new KmsError('InvalidConfiguration', describeMistake(source, mistake), { hint: mistake.hint });
}

function fromFile(name: SettingName, file: SettingsFile | null): FoundValue | null {
  if (file?.has(name) !== true) return null;
  return {
    read: file.read(name),
    source: { kind: 'file', name: file.path },
    errorOf: (mistake) => file.errorOf(name, mistake),
  };
}

function defaultOf(name: SettingName): unknown {
  const { defaultValue, kind } = settingNamed(name);
  if (defaultValue === undefined) return undefined;
  const read = kind.readToml(defaultValue);
  if (read.mistake !== undefined) throw new TypeError(describeMistake(name, read.mistake));
  return read.value;
}
