// The variables with which a program that kms starts, such as a kms in a hook, finds the same configuration and store.
import { resolve } from 'node:path';
import type { ConfigSources, ResolvedSettings } from './resolve-settings.js';
import { variableOf, type SettingName } from './settings.js';
import { CONNECTION_VARIABLES } from '../store/connect/url/postgresql-variables.js';

/** Settings that say which store it is, and how to open it. */
const OF_THE_STORE = ['database.url', 'database.password'] as const satisfies SettingName[];

/** Where the default store is, and the files that a service manager passes. */
const FOLDERS = ['XDG_DATA_HOME', 'CREDENTIALS_DIRECTORY'];

/** Returns them by name. They may hold the password of the database. */
export function storeVariables(
  settings: ResolvedSettings,
  { env, cwd }: Pick<ConfigSources, 'env' | 'cwd'>,
): Readonly<Record<string, string>> {
  const found = OF_THE_STORE.map((name) => {
    const source = settings.source(name);
    if (source.kind === 'flag') return [variableOf(name), settings.get(name)] as const;
    return source.kind === 'variable' ? ([source.name, env[source.name]] as const) : null;
  }).filter((pair) => pair !== null);
  const kept = [...CONNECTION_VARIABLES, ...FOLDERS].map((name) => [name, env[name]] as const);
  const file = settings.file === null ? undefined : resolve(cwd, settings.file);
  return Object.fromEntries(
    [...kept, ...found, ['KMS_CONFIG', file] as const].filter(
      (pair): pair is readonly [string, string] => pair[1] !== undefined && pair[1] !== '',
    ),
  );
}
