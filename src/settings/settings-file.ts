// The configuration file: which one is read, and the settings in it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './environment.js';
import { describeMistake, type Mistake, type Read } from './kinds/value-kind.js';
import { SETTING_NAMES, settingNamed, type SettingName } from './settings.js';
import { isTable, type TomlTable } from './toml/toml-document.js';
import { readTomlFile, type TomlFile } from './toml/toml-file.js';
import { userFolder } from './user-folders.js';
import type { KmsError } from '../errors.js';
import { nearest } from '../text/nearest.js';

/** Returns the file that is named, else the first of the usual ones that exists, or null. */
export function findConfigFile(
  named: string | undefined,
  cwd: string,
  env: Environment,
): string | null {
  if (named !== undefined) return named;
  const places = [
    join(cwd, 'kms.toml'),
    join(userFolder(env, 'XDG_CONFIG_HOME'), 'kms', 'kms.toml'),
    '/etc/kms/kms.toml',
  ];
  return places.find((place) => existsSync(place)) ?? null;
}

export interface SettingsFile {
  readonly path: string;
  readonly has: (name: SettingName) => boolean;
  readonly read: (name: SettingName) => Read<unknown>;
  /** Returns an error that names file, line and setting. */
  readonly errorOf: (name: SettingName, mistake: Mistake) => KmsError;
}

/** @throws KmsError InvalidConfiguration if it cannot be read, is not TOML, or has an unknown setting. */
export function readSettingsFile(path: string): SettingsFile {
  const file = readTomlFile(path, {
    title: 'the configuration file',
    reason: 'InvalidConfiguration',
  });
  const members = new Map(membersIn(file, file.root));
  return {
    path,
    has: (name) => members.has(name),
    // Only when asked for: a value that a flag or a variable replaces may be wrong.
    read: (name) => settingNamed(name).kind.readToml(members.get(name)),
    errorOf: (name, mistake) => {
      const { path: within, hint } = mistake;
      return file.errorAt([...name.split('.'), ...within], describeMistake(name, mistake), hint);
    },
  };
}

/** Returns the members of a table that are settings, and those of the tables in it. */
function membersIn(
  file: TomlFile,
  table: TomlTable,
  prefix = '',
): readonly (readonly [SettingName, unknown])[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    const name = SETTING_NAMES.find((known) => known === path);
    if (name !== undefined) return [[name, value] as const];
    if (!isTable(value)) throw unknownSetting(file, path);
    if (!SETTING_NAMES.some((known) => known.startsWith(`${path}.`))) {
      throw unknownSetting(file, firstMemberOf(path, value));
    }
    return membersIn(file, value, `${path}.`);
  });
}

function firstMemberOf(path: string, value: unknown): string {
  const [member] = isTable(value) ? Object.entries(value) : [];
  return member === undefined ? path : firstMemberOf(`${path}.${member[0]}`, member[1]);
}

/** Members that a Cosmian server's own kms.toml has at its top, and no setting of ours has. */
const OF_A_SERVER =
  /^(default_username|force_default_username|kms_public_url|ms_dke_service_url|default_unwrap_type|privileged_users|hsm_\w+|db|http|socket_server|idp_auth|ui_config|workspace|google_cse_config)$/;

function unknownSetting(file: TomlFile, path: string): KmsError {
  if (Object.keys(file.root).some((member) => OF_A_SERVER.test(member))) {
    return file.errorAt(
      path.split('.'),
      `unknown setting ${JSON.stringify(path)}: this looks like the kms.toml of a Cosmian KMS server`,
      'kms has a file of its own: name it with --config or KMS_CONFIG, or start kms in another folder',
    );
  }
  const outOfItsTable = SETTING_NAMES.find((setting) => setting.endsWith(`.${path}`));
  return file.errorAt(
    path.split('.'),
    `unknown setting ${JSON.stringify(path)}`,
    `did you mean ${outOfItsTable ?? nearest(path, SETTING_NAMES)}?`,
  );
}
