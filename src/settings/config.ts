// The configuration as the program uses it, from the settings in force. settings.ts lists the settings;
// resolve-settings.ts finds their values.
import { join } from 'node:path';
import type { LogFormat } from './log-format.js';
import type { LogLevel } from './log-level.js';
import { kmsServerSettings, type KmsServerSettings } from './kms-server-settings.js';
import type { NotifySettings } from './notify-settings.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import type { ReportRules } from '../rotation/compliance.js';
import type { EndOptions } from '../rotation/ends.js';
import { hsmRule, type HsmRule } from '../rotation/exclusion.js';
import { exposedFiles } from './exposed-files.js';
import { unknownVariables } from './environment.js';
import { resolveSettings, type ConfigSources, type ResolvedSettings } from './resolve-settings.js';
import { storeVariables } from './store-variables.js';
import { userFolder } from './user-folders.js';
import { connectionNotices } from '../store/connect/connection-notices.js';
import { sqliteUrl } from '../store/connect/url/sqlite-path.js';
import { withPassword } from '../store/connect/url/url-password.js';
import type { ServerKek } from '../flows/server-kek.js';

export interface Config {
  readonly databaseUrl: string;
  /** True if no setting names a database, so that the default store is used. */
  readonly databaseIsDefault: boolean;
  /** What messages call the store; null for the default, which storeLabel makes. */
  readonly storeName: string | null;
  /** How often runs are started, in seconds; null if no setting says. */
  readonly cadenceSeconds: number | null;
  readonly firstDeadline: FirstDeadlineRule;
  readonly ends: EndOptions;
  readonly hsm: HsmRule;
  /** The file of the key that seals the rotation log; null for none. */
  readonly sealingKeyFile: string | null;
  /** The file of the key that signs evidence; null for none. */
  readonly signingKeyFile: string | null;
  /** By what kms report calls a key compliant. */
  readonly report: ReportRules;
  readonly serverKek: ServerKek;
  /** The server to ask for what only its module opens; null for none. */
  readonly kmsServer: KmsServerSettings | null;
  /** Whether the certificates of a key pair are reissued for its replacement. */
  readonly withCertificates: boolean;
  /** How long replaced objects stay Active; 0 if they do not. */
  readonly overlapSeconds: number;
  /** Null if it depends on whether standard error is a terminal. */
  readonly logLevel: LogLevel | null;
  /** How many days before a deadline to warn of it. */
  readonly warningDays: readonly number[];
  /** How old, in seconds, what kms prune removes must be. */
  readonly historyKeepSeconds: number;
  readonly notify: NotifySettings;
  /** Null if no setting asks for a log. */
  readonly logFormat: LogFormat | null;
  readonly telemetry: TelemetryConfig;
  /** Problems that are no errors. */
  readonly warnings: readonly string[];
}

interface TelemetryConfig {
  readonly metricsFile: string | null;
  readonly withUid: boolean;
}

/** @throws KmsError InvalidConfiguration, naming file, member or variable. */
export function loadConfig(sources: ConfigSources): Config {
  const settings = resolveSettings(sources);
  const named = settings.get('database.url');
  const databaseUrl = withPassword(
    named ?? defaultDatabaseUrl(sources.env),
    settings.get('database.password') ?? '',
  );
  const kmsServer = kmsServerSettings(settings);
  return {
    databaseUrl,
    databaseIsDefault: named === undefined,
    storeName: settings.get('store.name') ?? null,
    cadenceSeconds: settings.get('store.cadence') ?? null,
    firstDeadline: settings.get('rotation.first_deadline'),
    ends: {
      beforeEndSeconds: settings.get('rotation.before_end') ?? null,
      usagePercent: settings.get('rotation.usage_percent'),
    },
    hsm: hsmRule(settings.get('rotation.hsm'), kmsServer !== null),
    sealingKeyFile: settings.get('audit.key_file') ?? null,
    signingKeyFile: settings.get('audit.signing_key_file') ?? null,
    report: {
      maxIntervalSeconds: settings.get('report.max_interval') ?? null,
      minimumStrengthBits: settings.get('report.minimum_strength'),
    },
    serverKek: {
      uid: settings.get('rotation.key_encryption_key') ?? null,
      mayBeRotated: settings.get('rotation.rotate_key_encryption_key'),
    },
    kmsServer,
    withCertificates: settings.get('rotation.with_certificates'),
    overlapSeconds: settings.get('rotation.overlap') ?? 0,
    logLevel: settings.get('log.level') ?? null,
    warningDays: settings.get('warnings.before_days'),
    historyKeepSeconds: settings.get('history.keep'),
    notify: notifySettings(settings, sources),
    logFormat: settings.get('log.format') ?? null,
    telemetry: {
      metricsFile: settings.get('telemetry.metrics_file') ?? null,
      withUid: settings.get('telemetry.uid_attribute'),
    },
    warnings: [
      ...unknownVariables(sources.env),
      ...exposedFiles(settings, databaseUrl),
      ...connectionNotices(databaseUrl, sources.env),
    ],
  };
}

function notifySettings(settings: ResolvedSettings, sources: ConfigSources): NotifySettings {
  return {
    cadenceSeconds: settings.get('store.cadence') ?? null,
    remindAfterSeconds: settings.get('notify.remind_after'),
    giveUpAfterSeconds: settings.get('notify.give_up_after'),
    digest: settings.get('notify.digest'),
    flaws: settings.flaws,
    smtp: {
      host: settings.get('notify.smtp.host') ?? null,
      name: settings.get('notify.smtp.name') ?? null,
      port: settings.get('notify.smtp.port') ?? null,
      security: settings.get('notify.smtp.security'),
      username: settings.get('notify.smtp.username') ?? null,
      password: settings.get('notify.smtp.password') ?? null,
      from: settings.get('notify.smtp.from') ?? null,
      caFile: settings.get('notify.smtp.ca_file') ?? null,
      timeoutSeconds: settings.get('notify.smtp.timeout'),
    },
    hooks: {
      argvs: {
        rotated: settings.get('hooks.on_rotated') ?? null,
        failed: settings.get('hooks.on_failed') ?? null,
        recovered: settings.get('hooks.on_recovered') ?? null,
        retired: settings.get('hooks.on_retired') ?? null,
        warning: settings.get('hooks.on_warning') ?? null,
        finished: settings.get('hooks.on_finished') ?? null,
      },
      timeoutSeconds: settings.get('hooks.timeout'),
      concurrency: settings.get('hooks.concurrency'),
      environment: storeVariables(settings, sources),
    },
    heartbeat: {
      url: settings.get('notify.heartbeat.url') ?? null,
      caFile: settings.get('notify.heartbeat.ca_file') ?? null,
      timeoutSeconds: settings.get('notify.heartbeat.timeout'),
    },
    recipients: settings.get('notify.recipients'),
    webhooks: settings.get('notify.webhooks'),
  };
}

function defaultDatabaseUrl(env: ConfigSources['env']): string {
  return sqliteUrl(join(userFolder(env, 'XDG_DATA_HOME'), 'kms', 'kms.db'));
}
