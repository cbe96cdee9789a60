// The configuration as it may be shown: the value and source of each setting, with secrets hidden; the document
// `kms.config/v1`.
import type { Config } from './config.js';
import type { ResolvedSettings } from './resolve-settings.js';
import { SETTING_NAMES, settingNamed, variableOf, type SettingName } from './settings.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';

export interface ShownSetting {
  readonly name: SettingName;
  /** Null if the setting has no value; `***` for a secret. */
  readonly value: unknown;
  readonly source: 'flag' | 'variable' | 'file' | 'default';
  /** The flag, variable or file that sets it; null for a default. */
  readonly from: string | null;
  readonly secret: boolean;
  readonly variable: string;
}

const HIDDEN = '***';

export function shownSettings(settings: ResolvedSettings, config: Config): readonly ShownSetting[] {
  return SETTING_NAMES.map((name) => {
    const source = settings.source(name);
    const secret = settingNamed(name).secret === true;
    const given = settings.get(name) ?? null;
    return {
      name,
      // The URL is shown without its password, also that of the default store.
      value:
        name === 'database.url'
          ? redactedUrl(config.databaseUrl)
          : secret && given !== null && source.kind !== 'default'
            ? HIDDEN
            : given,
      source: source.kind,
      from: source.kind === 'default' ? null : source.name,
      secret,
      variable: variableOf(name),
    };
  });
}

export function configJson(
  settings: ResolvedSettings,
  shown: readonly ShownSetting[],
  { warnings }: Config,
): object {
  return { schema: 'kms.config/v1', file: settings.file, settings: shown, warnings };
}
