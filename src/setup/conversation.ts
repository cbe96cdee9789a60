// The conversation of `kms init`: asks, looks, and returns what is to be done; it does nothing of it.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KmsError } from '../errors.js';
import { chooseDatabase, type Look } from './choose-database.js';
import type { Found } from './inspect-store.js';
import type { Questions } from '../output/questions.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import { SETTING_NAMES, settingNamed, type SettingName } from '../settings/settings.js';
import { sqlitePath } from '../store/connect/connect.js';
import { dumpCommand } from '../store/prepare/copy.js';
import { shownUrl } from '../store/connect/shown-url.js';
import { splitPassword } from '../store/connect/url-password.js';

export interface InitPlan {
  /** With its password, where there is one. */
  readonly url: string;
  readonly found: Found;
  /** A file to copy an SQLite store to before it is touched. */
  readonly copy: string | null;
  /** The configuration file to write, and what into it. */
  readonly file: string | null;
  readonly settings: ReadonlyMap<SettingName, unknown>;
  readonly scheduler: 'cron' | 'systemd' | 'kubernetes' | null;
}

/** What is known before anybody is asked. */
export interface Known {
  readonly url: string;
  /** Whether something names the database; and whether a variable does, which then goes on doing so. */
  readonly isNamed: boolean;
  readonly isNamedByVariable: boolean;
  readonly firstDeadline: FirstDeadlineRule;
  readonly kek: string | null;
  readonly configFile: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What stands in the name of a copy. */
  readonly stamp: string;
}

/** @throws KmsError if whoever is asked ends it. */
export async function converse(ask: Questions, known: Known, look: Look): Promise<InitPlan> {
  const { url, found, isAsked } = await chooseDatabase(ask, known, look);
  const settings = new Map<SettingName, unknown>();
  const kek = await serverKek(ask, found, known.kek);
  const rule = await firstDeadline(ask, found, known.firstDeadline);
  const others = await optional(ask);
  const scheduler = await ask.choose('What will start the runs?', SCHEDULERS);
  const file = await configFile(ask, known);
  if (file !== null) {
    const keep = await databaseSettings(ask, url, isAsked || !known.isNamedByVariable);
    for (const [name, value] of keep) settings.set(name, value);
    settings.set('rotation.first_deadline', rule);
    if (kek !== null) settings.set('rotation.key_encryption_key', kek);
    for (const [name, value] of others) settings.set(name, value);
  }
  const copy = await copyOf(ask, url, found, known.stamp);
  return { url, found, copy, file, settings, scheduler };
}

/** Returns what a plan does, a line each. */
export function planLines({ url, found, copy, file, settings }: InitPlan): readonly string[] {
  const steps = {
    absent: [`make ${shownUrl(url)}, its tables, and in it`],
    empty: [`make the tables of a key store in ${shownUrl(url)}, and`],
    store: [],
    'initialised-store': [],
  }[found.presence];
  return [
    ...(copy === null ? [] : [`copy the store to ${copy}`]),
    ...steps,
    found.presence === 'initialised-store'
      ? 'add what is missing of the tables and indexes kms_rotation_…'
      : 'add the rotation log, other tables and three indexes, all named kms_rotation_…',
    ...(file === null ? [] : [`write ${[...settings.keys()].join(', ')} to ${file}`]),
    'no key is changed',
  ];
}

const SCHEDULERS = [
  { name: 'cron', value: 'cron' },
  { name: 'systemd', value: 'systemd' },
  { name: 'Kubernetes', value: 'kubernetes' },
  { name: 'something else, or I do', value: null },
] as const;

async function serverKek(
  ask: Questions,
  { likeServerKek }: Found,
  known: string | null,
): Promise<string | null> {
  if (likeServerKek.length === 0 || known !== null) return null;
  return ask.choose(
    'A server may wrap all it stores with a key of its own in the store. Is it one of these?',
    [
      ...likeServerKek.map((uid) => ({ name: uid, value: uid })),
      { name: 'no, the server has none', value: 'none' },
      { name: 'I do not know', value: null },
    ],
  );
}

/** Where both rules say the same of all that is there, the one in force stays without a question. */
async function firstDeadline(
  ask: Questions,
  { due, presence }: Found,
  inForce: FirstDeadlineRule,
): Promise<FirstDeadlineRule> {
  const count = (rule: FirstDeadlineRule) =>
    presence === 'absent' || presence === 'empty' ? '' : `; ${due[rule]} keys are due now`;
  return ask.choose(
    'When is a key with a Rotate Offset due for the first time?',
    [
      {
        name: `Initial Date + Rotate Offset, as KMIP says${count('offset')}`,
        value: 'offset',
      },
      {
        name: `Initial Date + Rotate Offset + Rotate Interval, as a server of 5.25 or later does${count('offset+interval')}`,
        value: 'offset+interval',
      },
    ],
    inForce,
  );
}

/** Settings that are asked for where the program has them, each as its variable has it. */
const OPTIONAL = [
  ['warnings.before_days', 'Warn how many days before a deadline? With commas between'],
  ['notify.smtp.host', 'Send notifications over which mail server? (none: just Enter)'],
  ['notify.smtp.from', 'From which address?'],
  ['notify.recipients', 'To which address?'],
] as const;

async function optional(ask: Questions): Promise<ReadonlyMap<SettingName, unknown>> {
  const answers = new Map<SettingName, unknown>();
  for (const [wanted, message] of OPTIONAL) {
    const name = SETTING_NAMES.find((known) => (known as string) === wanted);
    if (name === undefined) continue;
    const ofMail = wanted !== 'warnings.before_days' && wanted !== 'notify.smtp.host';
    if (ofMail && !hasMailServer(answers)) continue;
    const { kind, defaultValue } = settingNamed(name);
    const asText = (text: string) =>
      wanted === 'notify.recipients' ? `[{ address = ${JSON.stringify(text)} }]` : text;
    const text = await ask.text(message, {
      ...(wanted === 'warnings.before_days' ? { preset: String(defaultValue) } : {}),
      complaint: (answer) =>
        answer === '' ? null : (kind.readText(asText(answer)).mistake?.message ?? null),
    });
    const read = text === '' ? undefined : kind.readText(asText(text));
    if (read === undefined || read.mistake !== undefined) continue;
    // A default need not be written down.
    if (!isDeepStrictEqual(read.value, defaultValue)) answers.set(name, read.value);
  }
  return answers;
}

function hasMailServer(answers: ReadonlyMap<SettingName, unknown>): boolean {
  return [...answers.keys()].some((name) => (name as string) === 'notify.smtp.host');
}

async function configFile(ask: Questions, known: Known): Promise<string | null> {
  const { env, cwd } = known;
  const home = join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'kms', 'kms.toml');
  const places = [...new Set([known.configFile, join(cwd, 'kms.toml'), home, '/etc/kms/kms.toml'])];
  const file = await ask.choose('Where is the configuration to be kept?', [
    ...places
      .filter((place) => place !== null)
      .map((place) => ({
        name: existsSync(place) ? `${place}, which is there` : place,
        value: place,
      })),
    { name: 'nowhere: flags and variables will do', value: null },
  ]);
  if (file === null || !existsSync(file)) return file;
  const message = `Change these settings in ${file}? All else in it stays as it is`;
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
  { presence }: Found,
  stamp: string,
): Promise<string | null> {
  if (presence !== 'store') return null;
  const path = sqlitePath(url);
  if (path === null) {
    ask.say(['A copy of the store is made by', `  ${dumpCommand(url, `kms-${stamp}.dump`)}`]);
    if (await ask.agree('Go on, with such a copy or without?', true)) return null;
    throw new KmsError('InvalidArgument', 'nothing was changed', { hint: 'make the copy first' });
  }
  const copy = `${path}.${stamp}`;
  return (await ask.agree(`Copy the store to ${copy} before it is touched?`, true)) ? copy : null;
}
