// The settings of notifications: the kinds of recipients and webhooks, and all of them as the program uses them. What
// is sent where, notify/ decides.
import { EVENT_KINDS } from './event-kinds.js';
import { listOfTables } from './kinds/list-of-tables.js';
import { listOfEnum } from './kinds/lists.js';
import {
  HTTP_URL,
  MAIL_ADDRESS,
  SIGNING_SECRET,
  TIMEOUT,
  WEBHOOK_NAME,
} from './kinds/receivers.js';
import { NON_EMPTY_STRING, enumOf } from './kinds/scalars.js';
import type { ValueOf } from './kinds/value-kind.js';
import { WEBHOOK_FORMATS } from './webhook-formats.js';
import type { KmsError } from '../errors.js';
import { OBJECT_TYPES, type ObjectType } from '../kmip/vocabulary.js';

const objectTypes = Object.keys(OBJECT_TYPES) as readonly ObjectType[];

/** Which events a recipient or webhook gets; all of them where a member is absent. */
export const EVENT_FILTER = {
  owner: NON_EMPTY_STRING,
  tag: NON_EMPTY_STRING,
  object_type: enumOf(objectTypes),
  events: listOfEnum(EVENT_KINDS),
};

export const RECIPIENTS = listOfTables({
  members: { address: MAIL_ADDRESS, ...EVENT_FILTER },
  required: ['address'],
  entryName: 'entry',
  header: '[[notify.recipients]]',
  keepsFlawed: true,
});

/** A secret has a member that names a file with it beside its own. */
export const WEBHOOK_MEMBERS = {
  name: WEBHOOK_NAME,
  url: HTTP_URL,
  url_file: NON_EMPTY_STRING,
  secret: SIGNING_SECRET,
  secret_file: NON_EMPTY_STRING,
  token: NON_EMPTY_STRING,
  token_file: NON_EMPTY_STRING,
  format: enumOf(WEBHOOK_FORMATS),
  ca_file: NON_EMPTY_STRING,
  timeout: TIMEOUT,
  ...EVENT_FILTER,
};

export const WEBHOOKS = listOfTables({
  members: WEBHOOK_MEMBERS,
  entryName: 'entry',
  header: '[[notify.webhooks]]',
  keepsFlawed: true,
});

export type RecipientSetting = ValueOf<typeof RECIPIENTS>[number];
export type WebhookSetting = ValueOf<typeof WEBHOOKS>[number];

export const SMTP_SECURITIES = ['starttls', 'tls'] as const;

/** Why the value of a setting, or an entry of it, cannot be used. It is left out of the settings. */
export interface SettingFlaw {
  readonly setting: string;
  /** The entry of a list, from 0, and its member; null for the whole value, or the whole entry. */
  readonly entry: number | null;
  readonly member: string | null;
  readonly error: KmsError;
}

export interface NotifySettings {
  readonly giveUpAfterSeconds: number;
  /** How long after a failure began to tell of it again, in seconds, ascending. */
  readonly remindAfterSeconds: readonly number[];
  /** Whether those who read get one message with all that waits for them. */
  readonly digest: boolean;
  /** How often runs are started, in seconds; null if no setting says. */
  readonly cadenceSeconds: number | null;
  readonly flaws: readonly SettingFlaw[];
  readonly smtp: {
    readonly host: string | null;
    /** What kms calls itself in the greeting; null for the host's own name. */
    readonly name: string | null;
    readonly port: number | null;
    readonly security: (typeof SMTP_SECURITIES)[number];
    readonly username: string | null;
    readonly password: string | null;
    readonly from: string | null;
    readonly caFile: string | null;
    readonly timeoutSeconds: number;
  };
  readonly hooks: HookSettings;
  readonly heartbeat: {
    readonly url: string | null;
    readonly caFile: string | null;
    readonly timeoutSeconds: number;
  };
  readonly recipients: readonly RecipientSetting[];
  readonly webhooks: readonly WebhookSetting[];
}

/** For each kind of event that runs a hook, the executable and its arguments; null if there is none. */
export interface HookSettings {
  readonly argvs: Readonly<
    Record<
      'rotated' | 'failed' | 'recovered' | 'retired' | 'warning' | 'finished',
      readonly string[] | null
    >
  >;
  readonly timeoutSeconds: number;
  /** How many processes of one hook run at once. */
  readonly concurrency: number;
  /** Variables with which a hook finds the store; they may hold its password. */
  readonly environment: Readonly<Record<string, string>>;
}
