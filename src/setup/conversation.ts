// The conversation of `kms init`: asks the user, inspects the database and proposes a plan. It changes nothing;
// execute-plan.ts does.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../errors.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { Questions } from '../output/questions.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import { type SettingName } from '../settings/settings.js';
import { userFolder } from '../settings/user-folders.js';
import type { Config } from '../settings/config.js';
import type { ConfigSources, ResolvedSettings } from '../settings/resolve-settings.js';
import type { InitPlan } from './init-plan.js';
import { sqlitePath } from '../store/connect/connect.js';
import { dumpCommand } from '../store/prepare/dump-command.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import { splitPassword } from '../store/connect/url/url-password.js';
import { chooseDatabase, type Inspect } from './choose-database.js';
import type { Inspection } from './inspect-store.js';
import {
  askFirstDeadline,
  askKmsServer,
  askOptionalSettings,
  askServerKek,
} from './ask-settings.js';

export interface ProposedPlan extends InitPlan {
  readonly found: Inspection;
}

/** What is known before the user is asked. */
export interface InitContext {
  readonly url: string;
  /** Whether a setting names the database. */
  readonly isNamed: boolean;
  /** Whether an environment variable names it: then the file need not. */
  readonly isNamedByVariable: boolean;
  readonly firstDeadline: FirstDeadlineRule;
  readonly kek: string | null;
  /** Whether a setting names the server. */
  readonly hasServer: boolean;
  readonly configFile: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Goes into the name of a copy. */
  readonly stamp: string;
}

/** Returns what is known from the configuration and the process. */
export function initContextFrom(
  config: Pick<
    Config,
    'databaseUrl' | 'databaseIsDefault' | 'firstDeadline' | 'serverKek' | 'kmsServer'
  >,
  settings: ResolvedSettings,
  { env, cwd, now }: Pick<ConfigSources, 'env' | 'cwd'> & { readonly now: EpochSeconds },
): InitContext {
  return {
    url: config.databaseUrl,
    isNamed: !config.databaseIsDefault,
    isNamedByVariable: settings.source('database.url').kind === 'variable',
    firstDeadline: config.firstDeadline,
    kek: config.serverKek.uid,
    hasServer: config.kmsServer !== null,
    configFile: settings.file,
    env,
    cwd,
    stamp: formatInstant(now).replaceAll(':', ''),
  };
}

/** Asks the user, proposes a plan, and returns it once the user agrees. @throws KmsError if the user does not. */
export async function agreeOnPlan(
  ask: Questions,
  known: InitContext,
  inspect: Inspect,
): Promise<InitPlan> {
  const plan = await proposePlan(ask, known, inspect);
  ask.say(['This will', ...planLines(plan).map((line) => `  ${line}`)]);
  if (await ask.agree('Do it?', true)) return plan;
  throw new KmsError('InvalidArgument', 'nothing was changed');
}

/** Returns a plan from the user's answers. @throws KmsError if the user cancels. */
export async function proposePlan(
  ask: Questions,
  known: InitContext,
  inspect: Inspect,
): Promise<ProposedPlan> {
  const { url, found, isAsked } = await chooseDatabase(ask, known, inspect);
  const settings = new Map<SettingName, unknown>();
  const kek = await askServerKek(ask, found, known.kek);
  const server = await askKmsServer(ask, found, known.hasServer);
  const rule = await askFirstDeadline(ask, found, known.firstDeadline);
  const others = await askOptionalSettings(ask);
  const scheduler = await ask.choose('What will start the runs?', SCHEDULERS);
  const file = await configFile(ask, known);
  if (file !== null) {
    const keep = await databaseSettings(ask, url, isAsked || !known.isNamedByVariable);
    for (const [name, value] of keep) settings.set(name, value);
    if (rule !== null) settings.set('rotation.first_deadline', rule);
    if (kek !== null) settings.set('rotation.key_encryption_key', kek);
    for (const [name, value] of [...server, ...others]) settings.set(name, value);
  }
  const copy = await copyOf(ask, url, found, known.stamp);
  return { url, found, copy, file, settings, scheduler };
}

/** Returns what a plan does, a line each. */
export function planLines({ url, found, copy, file, settings }: ProposedPlan): readonly string[] {
  const steps = {
    absent: [`make ${redactedUrl(url)}, its tables, and in it`],
    empty: [`make the tables of a key store in ${redactedUrl(url)}, and`],
    store: [],
    'initialised-store': [],
  }[found.presence];
  return [
    ...(copy === null ? [] : [`copy the store to ${copy}`]),
    ...steps,
    found.presence === 'initialised-store'
      ? 'add what is missing of the tables and indexes kms_rotation_…'
      : 'add the rotation log, other tables and indexes, all named kms_rotation_…',
    ...(file === null ? [] : [`write ${[...settings.keys()].join(', ')} to ${file}`]),
    'no key is changed',
  ];
}

const SCHEDULERS = [
  { name: 'cron', value: 'cron' },
  { name: 'systemd', value: 'systemd' },
  { name: 'Kubernetes', value: 'kubernetes' },
  { name: 'something else, or I start them by hand', value: null },
] as const;

async function configFile(ask: Questions, known: InitContext): Promise<string | null> {
  const { env, cwd } = known;
  const home = join(userFolder(env, 'XDG_CONFIG_HOME'), 'kms', 'kms.toml');
  const places = [...new Set([known.configFile, join(cwd, 'kms.toml'), home, '/etc/kms/kms.toml'])];
  const file = await ask.choose('Where should the settings be saved?', [
    ...places
      .filter((place) => place !== null)
      .map((place) => ({
        name: existsSync(place) ? `${place} (exists)` : place,
        value: place,
      })),
    { name: 'nowhere: I use flags and variables', value: null },
  ]);
  if (file === null || !existsSync(file)) return file;
  const message = `Change these settings in ${file}? Everything else in it stays as it is`;
  return (await ask.agree(message, false)) ? file : configFile(ask, known);
}

async function databaseSettings(
  ask: Questions,
  url: string,
  isToBeWritten: boolean,
): Promise<readonly (readonly [SettingName, unknown])[]> {
  if (!isToBeWritten) return [];
  const { url: bare, password } = splitPassword(url);
  const name = ['database.url', bare] as const;
  if (password === '') return [name];
  const message = 'Keep the password in that file, which only you may read?';
  return (await ask.agree(message, true)) ? [name, ['database.password', password]] : [name];
}

async function copyOf(
  ask: Questions,
  url: string,
  inspection: Inspection,
  stamp: string,
): Promise<string | null> {
  if (inspection.presence !== 'store') return null;
  const path = sqlitePath(url);
  if (path === null) {
    const command = dumpCommand(url, `kms-${stamp}.dump`, inspection);
    ask.say(['This command copies the store:', `  ${command}`]);
    if (await ask.agree('Go on, with or without such a copy?', true)) return null;
    throw new KmsError('InvalidArgument', 'nothing was changed', { hint: 'make the copy first' });
  }
  const copy = `${path}.${stamp}`;
  return (await ask.agree(`Copy the store to ${copy} before it is changed?`, true)) ? copy : null;
}
