// The settings in force as the text of a kms.toml, without secrets and without the database.
import { stringify } from 'smol-toml';
import type { ResolvedSettings } from './sources.js';
import { SETTING_NAMES, settingOf } from './settings.js';

/** Returns what was given by a flag, a variable or a file; defaults are left out. */
export function configurationToml(settings: ResolvedSettings): string {
  const root: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    if (settingOf(name).secret === true || settings.source(name).kind === 'default') continue;
    const path = name.split('.');
    const last = path.pop() ?? name;
    let table = root;
    for (const key of path) table = (table[key] ??= {}) as Record<string, unknown>;
    table[last] = settings.get(name);
  }
  return Object.keys(root).length === 0 ? '# every setting has its default\n' : stringify(root);
}
