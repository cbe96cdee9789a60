// Every setting: its name in kms.toml, its kind, whether it may hold a secret, the flag that also gives it,
// and what it is for. Its variable follows from its name. What a value means is its user's business.
import { LOG_FORMATS } from './log-format.js';
import { LOG_LEVELS } from './log-level.js';
import { FIRST_DEADLINE_RULES } from '../rotation/deadline.js';
import { RECIPIENTS, SECURITIES, WEBHOOKS } from './notify-settings.js';
import {
  ARGV,
  choice,
  COUNT,
  COUNTS,
  DURATION,
  NON_EMPTY,
  SWITCH,
  TEXT,
  type Kind,
  type ValueOf,
} from './setting-kinds.js';

export interface Setting {
  readonly kind: Kind<unknown>;
  /** Shown to nobody, and also read from the file that its `…_FILE` variable names. */
  readonly secret?: true;
  /** The flag, without dashes, that gives it for one command. */
  readonly flag?: string;
  /** As it would stand in kms.toml; absent where there is none, or where about tells it. */
  readonly fallback?: unknown;
  readonly about: string;
}

export const SETTINGS = {
  'database.url': {
    kind: NON_EMPTY,
    secret: true,
    flag: 'database-url',
    about: 'the key store; without it SQLite at $XDG_DATA_HOME/kms/kms.db',
  },
  'database.password': {
    kind: TEXT,
    secret: true,
    about: 'the password of a server, where it does not stand in the URL',
  },
  'rotation.first_deadline': {
    kind: choice(FIRST_DEADLINE_RULES),
    fallback: 'offset',
    about:
      'how the first deadline is reckoned; "offset+interval" as a server of 5.25 or later does',
  },
  'rotation.key_encryption_key': {
    kind: NON_EMPTY,
    about: 'uid of the server’s own key encryption key; "none" if it has none',
  },
  'rotation.rotate_key_encryption_key': {
    kind: SWITCH,
    fallback: false,
    about: 'whether that key may be rotated: the server must then be told of its replacement',
  },
  'rotation.with_certificates': {
    kind: SWITCH,
    fallback: false,
    about: 'whether the certificates of a pair are issued anew with it, for its new key',
  },
  'log.level': {
    kind: choice(LOG_LEVELS),
    flag: 'log-level',
    about: 'what to say on standard error; without it info on a terminal, else warn',
  },
  'log.format': {
    kind: choice(LOG_FORMATS),
    flag: 'log-format',
    about:
      'makes a log of standard error, one event a line, as text or JSON; without it words for people',
  },
  'telemetry.metrics_file': {
    kind: NON_EMPTY,
    flag: 'metrics-file',
    about:
      'where a run leaves its figures for Prometheus’ node_exporter, which reads names that end in .prom',
  },
  'telemetry.uid_attribute': {
    kind: SWITCH,
    fallback: true,
    about: 'whether metrics name each key by its uid; false where so many series hurt',
  },
  'warnings.before_days': {
    kind: COUNTS,
    fallback: [30, 7, 1],
    about: 'how many days before a deadline to warn of it',
  },
  'notify.give_up_after': {
    kind: DURATION,
    fallback: '7d',
    about: 'how old a notification may become before a vain attempt is its last',
  },
  'notify.smtp.host': { kind: NON_EMPTY, about: 'the mail server' },
  'notify.smtp.port': {
    kind: COUNT,
    about: 'its port; without it 587, or 465 with security "tls"',
  },
  'notify.smtp.security': {
    kind: choice(SECURITIES),
    fallback: 'starttls',
    about: 'TLS after a plain greeting, or "tls" from the first byte; the certificate is verified',
  },
  'notify.smtp.username': { kind: NON_EMPTY, about: 'who logs in to the mail server' },
  'notify.smtp.password': { kind: NON_EMPTY, secret: true, about: 'with which password' },
  'notify.smtp.from': { kind: NON_EMPTY, about: 'the address that mails come from' },
  'notify.smtp.ca_file': {
    kind: NON_EMPTY,
    about: 'the authorities that sign the mail server’s certificate, where Node does not know them',
  },
  'notify.smtp.timeout': {
    kind: DURATION,
    fallback: '10s',
    about: 'how long to wait for the mail server, 60 s at most',
  },
  'notify.recipients': {
    kind: RECIPIENTS,
    fallback: [],
    about: 'who gets mail: address, and rules by owner, tag, object_type and events',
  },
  'notify.webhooks': {
    kind: WEBHOOKS,
    secret: true,
    fallback: [],
    about:
      'what gets a POST: url or url_file, secret or secret_file, format "cloudevents", "slack" or "alertmanager", name, timeout, ca_file, and rules as for recipients',
  },
  'hooks.on_rotated': { kind: ARGV, about: 'what is run for each key that is rotated' },
  'hooks.on_failed': { kind: ARGV, about: 'what is run for each key that could not be rotated' },
  'hooks.on_warning': { kind: ARGV, about: 'what is run for each deadline warning' },
  'hooks.on_finished': { kind: ARGV, about: 'what is run at the end of each run' },
  'hooks.timeout': {
    kind: DURATION,
    fallback: '10s',
    about: 'how long a hook may take before it is ended, 60 s at most',
  },
  'hooks.concurrency': {
    kind: COUNT,
    fallback: 4,
    about: 'how many processes of one hook run at once',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<Name extends SettingName> = ValueOf<(typeof SETTINGS)[Name]['kind']>;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}

/** Returns the name of a setting's environment variable. */
export function variableOf(name: string): string {
  return `KMS_${name.replaceAll('.', '_').toUpperCase()}`;
}
