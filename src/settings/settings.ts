// Every setting: its name in kms.toml, the kind of its value, whether it may hold a secret, the flag that also sets it,
// and what it is for. The name of its environment variable follows from its own.
import { LOG_FORMATS } from './log-format.js';
import { LOG_LEVELS } from './log-level.js';
import { FIRST_DEADLINE_RULES } from '../rotation/deadline.js';
import { DEFAULT_END_OPTIONS, MOST_USAGE_PERCENT } from '../rotation/ends.js';
import { USUAL_MINIMUM_BITS } from '../rotation/compliance.js';
import { HSM_RULES } from '../rotation/exclusion.js';
import { DATABASE_URL } from './kinds/database-url.js';
import { STORE_NAME } from './kinds/store-name.js';
import { COMMAND, DURATIONS, POSITIVE_INTEGERS } from './kinds/lists.js';
import { HOST, HTTP_URL, PORT, SENDER, SERVER_URL, TIMEOUT } from './kinds/receivers.js';
import {
  BOOLEAN,
  DURATION,
  NON_EMPTY_STRING,
  POSITIVE_DURATION,
  enumOf,
  percentUpTo,
  POSITIVE_INTEGER,
  STRING,
} from './kinds/scalars.js';
import type { ValueKind, ValueOf } from './kinds/value-kind.js';
import { RECIPIENTS, SMTP_SECURITIES, WEBHOOKS } from './notify-settings.js';

export interface Setting {
  readonly kind: ValueKind<unknown>;
  /** Never printed, and also read from the file that its `…_FILE` variable names. */
  readonly secret?: true;
  /** The flag, without dashes, that sets it for one command. */
  readonly flag?: string;
  /** As kms.toml has it; absent if there is none, or if the description explains it. */
  readonly defaultValue?: unknown;
  readonly description: string;
}

export const SETTINGS = {
  'database.url': {
    kind: DATABASE_URL,
    secret: true,
    flag: 'database-url',
    description: 'the key store; without it SQLite at $XDG_DATA_HOME/kms/kms.db',
  },
  'database.password': {
    kind: STRING,
    secret: true,
    description: 'the password of a database server, if its URL has none',
  },
  'store.name': {
    kind: STORE_NAME,
    description:
      'what alerts, metrics, mails, events, logs and reports call the store; without it the database’s name and the first digits of the random id that kms init stored',
  },
  'store.cadence': {
    kind: DURATION,
    description:
      'how often runs are started, so that alerts and figures last until the next ones; without it a day is assumed',
  },
  'rotation.first_deadline': {
    kind: enumOf(FIRST_DEADLINE_RULES),
    defaultValue: 'offset',
    description:
      'how the first deadline is computed; "offset+interval" as a server of 5.25 or later does',
  },
  'rotation.before_end': {
    kind: DURATION,
    description:
      'how long before its Deactivation Date, its Protect Stop Date or the end of a certificate an object is rotated, though its interval is not over; without it a tenth of its life, at least an hour and at most 30 days',
  },
  'rotation.usage_percent': {
    kind: percentUpTo(MOST_USAGE_PERCENT),
    defaultValue: DEFAULT_END_OPTIONS.usagePercent,
    description: 'at how many percent of its Usage Limits left a key is due at once, from 0 to 50',
  },
  'rotation.key_encryption_key': {
    kind: NON_EMPTY_STRING,
    description: 'uid of the server’s own key encryption key; "none" if it has none',
  },
  'rotation.rotate_key_encryption_key': {
    kind: BOOLEAN,
    defaultValue: false,
    description:
      'whether that key may be rotated; the server must then be configured to use its replacement',
  },
  'rotation.with_certificates': {
    kind: BOOLEAN,
    defaultValue: false,
    description: 'whether the certificates of a key pair are reissued for its replacement',
  },
  'rotation.overlap': {
    kind: DURATION,
    description:
      'how long a replaced key stays Active, so that clients which still name it are not cut off; without it none does',
  },
  'rotation.hsm': {
    kind: enumOf(HSM_RULES),
    defaultValue: 'fail',
    description:
      'what becomes of overdue keys in a hardware security module, and of those under one: a run reports them as failed, or with "leave" leaves them to others; with server.url, those that the server cannot be asked for',
  },
  'server.url': {
    kind: SERVER_URL,
    description:
      'the server that runs ask to rotate what only its hardware security module opens; without it they report such keys as failed',
  },
  'server.token': {
    kind: NON_EMPTY_STRING,
    secret: true,
    description: 'the API token or JWT that it is given as Bearer',
  },
  'server.token_file': {
    kind: NON_EMPTY_STRING,
    description: 'file of the token, instead of server.token',
  },
  'server.client_cert': {
    kind: NON_EMPTY_STRING,
    description: 'file of the certificate by which the server knows kms, in PEM',
  },
  'server.client_key': {
    kind: NON_EMPTY_STRING,
    description: 'file of its private key, in PEM and not encrypted',
  },
  'server.ca_file': {
    kind: NON_EMPTY_STRING,
    description:
      'file of the authorities that sign the server’s certificate, if Node does not know them',
  },
  'server.timeout': {
    kind: TIMEOUT,
    defaultValue: '10s',
    description: 'how long to wait for its answer to a request',
  },
  'server.insecure': {
    kind: BOOLEAN,
    defaultValue: false,
    description: 'whether the URL may be a plain http: one of another host',
  },
  'log.level': {
    kind: enumOf(LOG_LEVELS),
    flag: 'log-level',
    description: 'how much is printed on standard error; without it info on a terminal, else warn',
  },
  'log.format': {
    kind: enumOf(LOG_FORMATS),
    flag: 'log-format',
    description:
      'makes standard error a log, one event a line, as text or JSON; without it messages for people',
  },
  'telemetry.metrics_file': {
    kind: NON_EMPTY_STRING,
    flag: 'metrics-file',
    description:
      'where a run writes its metrics for Prometheus’ node_exporter, which reads files that end in .prom',
  },
  'telemetry.uid_attribute': {
    kind: BOOLEAN,
    defaultValue: true,
    description: 'whether metrics name each key by its uid; false where that makes too many series',
  },
  'warnings.before_days': {
    kind: POSITIVE_INTEGERS,
    defaultValue: [30, 7, 1],
    description: 'how many days before a deadline to warn of it',
  },
  'history.keep': {
    kind: DURATION,
    defaultValue: '400d',
    description:
      'how long kms prune keeps entries of the rotation log that nothing needs any more, if --older-than does not say',
  },
  'audit.key_file': {
    kind: NON_EMPTY_STRING,
    description:
      'file of the secret key, 32 bytes or more, that seals each entry of the rotation log, so that nobody who can only write the database can forge one; without it entries carry bare hashes',
  },
  'audit.signing_key_file': {
    kind: NON_EMPTY_STRING,
    description:
      'file of the Ed25519 key, in PEM (PKCS#8) and not encrypted, that signs what is written as evidence: the ends of the rotation log’s chains, and reports with kms report --output',
  },
  'report.max_interval': {
    kind: POSITIVE_DURATION,
    flag: 'max-interval',
    description:
      'the longest time that kms report lets a key be in use between two rotations; without it any',
  },
  'report.minimum_strength': {
    kind: POSITIVE_INTEGER,
    flag: 'minimum-strength',
    defaultValue: USUAL_MINIMUM_BITS,
    description: 'bits of security below which kms report calls a key weak',
  },
  'notify.give_up_after': {
    kind: DURATION,
    defaultValue: '7d',
    description: 'how old a notification may become before a failed attempt is its last',
  },
  'notify.remind_after': {
    kind: DURATIONS,
    defaultValue: ['1d', '2d', '4d', '7d'],
    description:
      'how long after a failure began to tell of it again while it lasts; after the last of these once a week, and with [] never',
  },
  'notify.digest': {
    kind: BOOLEAN,
    defaultValue: true,
    description:
      'whether a mail, a chat and Alertmanager get one message with all that waits for them, or else one for each event',
  },
  'notify.smtp.host': { kind: HOST, description: 'the mail server' },
  'notify.smtp.name': {
    kind: HOST,
    description:
      'what kms calls itself when it greets the mail server; without it the name of the host, or the domain of from if that name has no dot',
  },
  'notify.smtp.port': {
    kind: PORT,
    description: 'its port; without it 587, or 465 with security "tls"',
  },
  'notify.smtp.security': {
    kind: enumOf(SMTP_SECURITIES),
    defaultValue: 'starttls',
    description:
      '"starttls" turns a plain connection into TLS, "tls" is TLS from the start; the certificate is verified',
  },
  'notify.smtp.username': {
    kind: NON_EMPTY_STRING,
    description: 'the user name for the mail server',
  },
  'notify.smtp.password': {
    kind: NON_EMPTY_STRING,
    secret: true,
    description: 'the password for the mail server',
  },
  'notify.smtp.from': { kind: SENDER, description: 'the address that mails come from' },
  'notify.smtp.ca_file': {
    kind: NON_EMPTY_STRING,
    description:
      'file of the authorities that sign the mail server’s certificate, if Node does not know them',
  },
  'notify.smtp.timeout': {
    kind: TIMEOUT,
    defaultValue: '10s',
    description: 'how long to wait for the mail server',
  },
  'notify.recipients': {
    kind: RECIPIENTS,
    defaultValue: [],
    description: 'who gets mail: address, and filters by owner, tag, object_type and events',
  },
  'notify.webhooks': {
    kind: WEBHOOKS,
    secret: true,
    defaultValue: [],
    description:
      'what gets a POST: url or url_file, secret or secret_file, token or token_file, format "cloudevents", "raw", "slack", "teams", "pagerduty" or "alertmanager", name, timeout, ca_file, and filters as for recipients',
  },
  'notify.heartbeat.url': {
    kind: HTTP_URL,
    secret: true,
    description:
      'what each run of kms rotate due calls, as healthchecks.io takes it: with /start at its start, and at its end as it is, or with the exit code if that is not 0',
  },
  'notify.heartbeat.ca_file': {
    kind: NON_EMPTY_STRING,
    description:
      'file of the authorities that sign the certificate of its host, if Node does not know them',
  },
  'notify.heartbeat.timeout': {
    kind: TIMEOUT,
    defaultValue: '10s',
    description: 'how long to wait for it',
  },
  'hooks.on_rotated': {
    kind: COMMAND,
    description: 'the command to run for each key that is rotated',
  },
  'hooks.on_failed': {
    kind: COMMAND,
    description: 'the command to run for each key that could not be rotated',
  },
  'hooks.on_recovered': {
    kind: COMMAND,
    description: 'the command to run for each failure that is over',
  },
  'hooks.on_retired': {
    kind: COMMAND,
    description:
      'the command to run for each replaced key that is retired at the end of its overlap',
  },
  'hooks.on_warning': {
    kind: COMMAND,
    description: 'the command to run for each deadline warning',
  },
  'hooks.on_finished': { kind: COMMAND, description: 'the command to run at the end of each run' },
  'hooks.timeout': {
    kind: TIMEOUT,
    defaultValue: '10s',
    description: 'how long a hook may run before it is stopped',
  },
  'hooks.concurrency': {
    kind: POSITIVE_INTEGER,
    defaultValue: 4,
    description: 'how many processes of one hook run at once',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<Name extends SettingName> = ValueOf<(typeof SETTINGS)[Name]['kind']>;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export function settingNamed(name: SettingName): Setting {
  return SETTINGS[name];
}

/** Says whether a setting is of mails, webhooks or hooks: a value of one that cannot be used stops no run. */
export function isOfDestination(name: SettingName): boolean {
  return name.startsWith('notify.') || name.startsWith('hooks.');
}

/** Says whether a setting names the file of a secret one, whose variable for a file is the same. */
export function isFileOfSecret(name: SettingName): boolean {
  const secret = SETTING_NAMES.find((one) => `${one}_file` === name);
  return secret !== undefined && settingNamed(secret).secret === true;
}

/** Returns the name of a setting's environment variable. */
export function variableOf(name: SettingName): string {
  return `KMS_${name.replaceAll('.', '_').toUpperCase()}`;
}
