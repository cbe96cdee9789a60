// The settings in force as the text of a kms.toml, without secrets and without the database.
import { withSettings } from './edit-toml.js';
import { SETTING_NAMES, settingNamed } from './settings.js';
import type { ResolvedSettings } from './resolve-settings.js';

/** Returns what a flag, a variable or a file sets; defaults are left out. */
export function configurationToml(settings: ResolvedSettings): string {
  const exported = SETTING_NAMES.filter(
    (name) => settingNamed(name).secret !== true && settings.source(name).kind !== 'default',
  );
  if (exported.length === 0) return '# every setting has its default\n';
  return withSettings('', new Map(exported.map((name) => [name, settings.get(name)])));
}
