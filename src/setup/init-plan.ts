// What `kms init` is to do, made from flags here and from a conversation in conversation.ts; execute-plan.ts does it.
import type { SettingName } from '../settings/settings.js';
import { splitPassword } from '../store/connect/url/url-password.js';

export interface InitPlan {
  /** With its password, if it has one. */
  readonly url: string;
  /** The file to copy an SQLite store to before anything is changed; null for no copy. */
  readonly copy: string | null;
  /** The configuration file to write the settings to; null for none. */
  readonly file: string | null;
  readonly settings: ReadonlyMap<SettingName, unknown>;
  /** What will start the runs, if the user said. */
  readonly scheduler: 'cron' | 'systemd' | 'kubernetes' | null;
}

/** The flags of `kms init` that a plan depends on. */
export interface InitFlags {
  readonly copy?: string | undefined;
  readonly save?: string | undefined;
  readonly 'first-deadline'?: string | undefined;
  readonly 'key-encryption-key'?: string | undefined;
}

/** Returns the plan that flags describe. @throws KmsError InvalidConfiguration for a URL that cannot be read. */
export function planFromFlags(databaseUrl: string, flags: InitFlags): InitPlan {
  const { url, password } = splitPassword(databaseUrl);
  const settings = new Map<SettingName, unknown>([['database.url', url]]);
  if (password !== '') settings.set('database.password', password);
  const { 'first-deadline': rule, 'key-encryption-key': kek } = flags;
  if (rule !== undefined) settings.set('rotation.first_deadline', rule);
  if (kek !== undefined) settings.set('rotation.key_encryption_key', kek);
  const { copy = null, save: file = null } = flags;
  return { url: databaseUrl, copy, file, settings, scheduler: null };
}

/** Says whether the plan names a mail server, so that a test message makes sense. */
export function configuresMail({ file, settings }: InitPlan): boolean {
  return file !== null && settings.has('notify.smtp.host');
}
