// The settings in force as pods can use them: a kms.toml without secrets and without paths of this host. What is secret
// or a file is mounted (pod-mounts.ts), and what no pod has is left out with a notice.
import { withSettings } from '../settings/edit-toml.js';
import { WEBHOOK_MEMBERS } from '../settings/notify-settings.js';
import type { ResolvedSettings } from '../settings/resolve-settings.js';
import { SETTING_NAMES, settingNamed, variableOf, type SettingName } from '../settings/settings.js';
import { exactDuration } from '../text/duration.js';
import { NOT_CARRIED } from './carried-variables.js';
import { isHook, METRICS_FILE, namesFile } from './named-files.js';
import type { Mounts } from './pod-mounts.js';

export interface PodConfiguration {
  /** The text of kms.toml: what a flag, a variable or a file sets, but for the database. Defaults are left out. */
  readonly toml: string;
  /** `…_FILE` variables with the paths of secrets. */
  readonly variables: readonly { readonly name: string; readonly value: string }[];
}

export function podConfiguration(settings: ResolvedSettings, mounts: Mounts): PodConfiguration {
  const names = SETTING_NAMES.filter(
    (name) => settings.source(name).kind !== 'default' && !NOT_CARRIED.includes(name),
  );
  const left = names.filter((name) => name === METRICS_FILE || isHook(name));
  for (const name of left) mounts.note(leftOut(name, settings.get(name)));
  const kept = names.filter((name) => !left.includes(name));
  const isVariable = (name: SettingName) => isSecret(name) && name !== 'notify.webhooks';
  const written = kept
    .filter((name) => !isVariable(name))
    .map((name) => [name, podValue(name, settings.get(name), mounts)] as const);
  return {
    toml:
      written.length === 0
        ? '# every setting has its default\n'
        : withSettings('', new Map(written)),
    variables: kept.filter(isVariable).map((name) => ({
      name: `${variableOf(name)}_FILE`,
      value: mounts.addSecret(keyOf(name)),
    })),
  };
}

function leftOut(name: SettingName, value: unknown): string {
  const shown = Array.isArray(value) ? value.join(' ') : String(value);
  return name === METRICS_FILE
    ? `${name} was left out: ${shown} cannot be written in a pod; OTEL_EXPORTER_OTLP_ENDPOINT sends metrics`
    : `${name} was left out: ${shown} is not in the image; make an image with it and add the setting`;
}

function podValue(name: SettingName, value: unknown, mounts: Mounts): unknown {
  if (name === 'notify.webhooks') return podWebhooks(value as readonly Webhook[], mounts);
  return namesFile(name) ? mounts.addFile(name, keyOf(name), String(value)) : value;
}

type Webhook = Readonly<Record<string, unknown>>;

/** A secret member becomes its `_file` form. */
function podWebhooks(webhooks: readonly Webhook[], mounts: Mounts): readonly object[] {
  const members: Readonly<Record<string, object>> = WEBHOOK_MEMBERS;
  return webhooks.map((webhook, index) => {
    const keyFor = (member: string) =>
      `webhook-${index + 1}-${member.replace(/_file$/, '').replaceAll('_', '-')}`;
    const written = Object.entries(webhook).map(([member, value]) => {
      if (`${member}_file` in members) return [`${member}_file`, mounts.addSecret(keyFor(member))];
      if (namesFile(member)) {
        const namedBy = `notify.webhooks, entry ${index + 1}: ${member}`;
        return [member, mounts.addFile(namedBy, keyFor(member), String(value))];
      }
      // The only numbers are durations.
      return [member, typeof value === 'number' ? exactDuration(value) : value];
    });
    return Object.fromEntries(written) as object;
  });
}

function isSecret(name: SettingName): boolean {
  return settingNamed(name).secret === true;
}

function keyOf(name: SettingName): string {
  return name.replace(/_file$/, '').replace(/[._]/g, '-');
}
