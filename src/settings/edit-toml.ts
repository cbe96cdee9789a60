// Writes settings into the text of a kms.toml: a new file with a comment on each setting, or an existing one, of which
// everything else stays as it is.
import { KmsError } from '../errors.js';
import { exactDuration } from '../text/duration.js';
import { DURATIONS } from './kinds/lists.js';
import { TIMEOUT } from './kinds/receivers.js';
import { DURATION, POSITIVE_DURATION } from './kinds/scalars.js';
import { settingNamed, type SettingName } from './settings.js';
import { setMember } from './toml/set-member.js';
import { formatMember } from './toml/toml-value.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';

const HEAD =
  '# Configuration of kms. kms.toml(5) explains each setting; kms config show prints those in force.\n';

/**
 * Returns the text with these settings; an empty text makes a new file.
 *
 * @throws KmsError InvalidConfiguration if the text is not TOML, or cannot take a setting and mean the same otherwise.
 */
export function withSettings(text: string, settings: ReadonlyMap<SettingName, unknown>): string {
  let edited = text === '' ? HEAD : text;
  for (const [name, value] of settings) {
    const path = name.split('.');
    const written = tomlForm(name, value);
    const comment = settingNamed(name).description;
    const next = setMember(edited, { path, value: written, comment });
    if (next === null) throw mustBeEdited(name, written);
    edited = next;
  }
  return edited;
}

const IN_SECONDS: readonly unknown[] = [DURATION, POSITIVE_DURATION, TIMEOUT, DURATIONS];

/** Returns the value of a setting as kms.toml has it: each duration with its unit. */
export function tomlForm(name: SettingName, value: unknown): unknown {
  if (!IN_SECONDS.includes(settingNamed(name).kind)) return value;
  if (Array.isArray(value)) return value.map(Number).map(exactDuration);
  return typeof value === 'number' ? exactDuration(value) : value;
}

function mustBeEdited(name: SettingName, value: unknown): KmsError {
  // A URL is secret only in part.
  const shown = name === 'database.url' ? redactedUrl(String(value)) : value;
  const isHidden = settingNamed(name).secret === true && name !== 'database.url';
  return new KmsError(
    'InvalidConfiguration',
    `${name} cannot be added to the file without changing other settings in it`,
    {
      hint: `write ${isHidden ? name : formatMember(name.split('.'), shown)} into it by hand, or name another file`,
    },
  );
}
