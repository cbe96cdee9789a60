// The kinds of the settings that say who is to be notified, and their values; what they lead to is
// destinations.ts's business.
import { EVENT_KINDS } from './event-kinds.js';
import { OBJECT_TYPES, type ObjectType } from '../kmip/vocabulary.js';
import { choice, choices, DURATION, NON_EMPTY, tables, type ValueOf } from './setting-kinds.js';
import { WEBHOOK_FORMATS } from './webhook-formats.js';

const objectTypes = Object.keys(OBJECT_TYPES) as readonly ObjectType[];

const RULE = {
  owner: NON_EMPTY,
  tag: NON_EMPTY,
  object_type: choice(objectTypes),
  events: choices(EVENT_KINDS),
};

export const RECIPIENTS = tables({ address: NON_EMPTY, ...RULE }, ['address']);

export const WEBHOOKS = tables(
  {
    name: NON_EMPTY,
    url: NON_EMPTY,
    url_file: NON_EMPTY,
    secret: NON_EMPTY,
    secret_file: NON_EMPTY,
    format: choice(WEBHOOK_FORMATS),
    ca_file: NON_EMPTY,
    timeout: DURATION,
    ...RULE,
  },
  [],
);

export type RecipientSetting = ValueOf<typeof RECIPIENTS>[number];
export type WebhookSetting = ValueOf<typeof WEBHOOKS>[number];

export const SECURITIES = ['starttls', 'tls'] as const;

/** As they stand in the configuration. */
export interface NotifySettings {
  readonly giveUpAfterSeconds: number;
  readonly smtp: {
    readonly host: string | null;
    readonly port: number | null;
    readonly security: (typeof SECURITIES)[number];
    readonly username: string | null;
    readonly password: string | null;
    readonly from: string | null;
    readonly caFile: string | null;
    readonly timeoutSeconds: number;
  };
  readonly hooks: HookSettings;
  readonly recipients: readonly RecipientSetting[];
  readonly webhooks: readonly WebhookSetting[];
}

/** An executable and its arguments for each kind of event that hooks are run for; null if there is none. */
export interface HookSettings {
  readonly argvs: Readonly<
    Record<'rotated' | 'failed' | 'warning' | 'finished', readonly string[] | null>
  >;
  readonly timeoutSeconds: number;
  /** How many processes of one hook run at once. */
  readonly concurrency: number;
}
