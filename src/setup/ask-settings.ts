// The questions of `kms init` about settings: the server's own key, the first deadline, and what the user may leave out.
import type { Questions } from '../output/questions.js';
import type { Inspection } from './inspect-store.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import { settingNamed, type SettingName } from '../settings/settings.js';
import { isPlainElsewhere } from '../settings/kms-server-settings.js';
import { counted } from '../text/phrases.js';
import { isDeepStrictEqual } from 'node:util';

export async function askServerKek(
  ask: Questions,
  { likeServerKek }: Inspection,
  known: string | null,
): Promise<string | null> {
  if (likeServerKek.length === 0 || known !== null) return null;
  return ask.choose(
    'A server may wrap all that it stores with a key encryption key that is in the store too. Is it one of these?',
    [
      ...likeServerKek.map((uid) => ({ name: uid, value: uid })),
      { name: 'no, the server has none', value: 'none' },
      { name: 'I do not know', value: null },
    ],
  );
}

/** Returns null where there is nothing to ask: no key has another first deadline by the other rule. */
export async function askFirstDeadline(
  ask: Questions,
  { due, byFirstDeadline }: Pick<Inspection, 'due' | 'byFirstDeadline'>,
  inForce: FirstDeadlineRule,
): Promise<FirstDeadlineRule | null> {
  if (byFirstDeadline === 0) return null;
  const count = (rule: FirstDeadlineRule) => `; ${due[rule]} keys are due now`;
  const concerned =
    byFirstDeadline === 1 ? 'it concerns 1 key' : `it concerns ${byFirstDeadline} keys`;
  return ask.choose(
    `When is a key with a Rotate Offset due for the first time? (rotation.first_deadline; ${concerned})`,
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

/** Asks for the server where only it opens what the store has; nothing if a setting names it already. */
export async function askKmsServer(
  ask: Questions,
  { underModule }: Pick<Inspection, 'underModule'>,
  isNamed: boolean,
): Promise<ReadonlyMap<SettingName, unknown>> {
  const answers = new Map<SettingName, unknown>();
  if (underModule === 0 || isNamed) return answers;
  const url = await ask.text(
    `${counted(underModule, 'object')} can be opened by the server alone, as a key in its hardware security module wraps them. Which URL has the server, so that runs ask it to rotate them? (Enter for none: they fail once they are overdue)`,
    { complaint: (answer) => (answer === '' ? null : serverUrlComplaint(answer)) },
  );
  if (url === '') return answers;
  answers.set('server.url', url);
  const file = await ask.text('Which file has the token for it? (Enter for none)', {
    complaint: () => null,
  });
  if (file !== '') answers.set('server.token_file', file);
  return answers;
}

function serverUrlComplaint(text: string): string | null {
  const { mistake } = settingNamed('server.url').kind.readText(text);
  if (mistake !== undefined) return mistake.message;
  return isPlainElsewhere(new URL(text)) ? 'must be an https URL, or one of this host' : null;
}

/** Settings that the user may leave out, and their questions. Answers are in the form of the setting's variable. */
const OPTIONAL = [
  [
    'warnings.before_days',
    'How many days before a deadline should warnings be sent? (separated by commas)',
  ],
  ['notify.smtp.host', 'Which mail server sends notifications? (Enter for none)'],
  ['notify.smtp.from', 'From which address?'],
  ['notify.recipients', 'To which address?'],
] as const;

export async function askOptionalSettings(
  ask: Questions,
): Promise<ReadonlyMap<SettingName, unknown>> {
  const answers = new Map<SettingName, unknown>();
  for (const [name, message] of OPTIONAL) {
    const isAboutMail = name !== 'warnings.before_days' && name !== 'notify.smtp.host';
    if (isAboutMail && !answers.has('notify.smtp.host')) continue;
    const { kind, defaultValue } = settingNamed(name);
    const asText = (text: string) =>
      name === 'notify.recipients' ? `[{ address = ${JSON.stringify(text)} }]` : text;
    const text = await ask.text(message, {
      ...(name === 'warnings.before_days' ? { preset: String(defaultValue) } : {}),
      complaint: (answer) =>
        answer === '' ? null : (kind.readText(asText(answer)).mistake?.message ?? null),
    });
    const read = text === '' ? undefined : kind.readText(asText(text));
    if (read === undefined || read.mistake !== undefined) continue;
    // A default need not be written to the file.
    if (!isDeepStrictEqual(read.value, defaultValue)) answers.set(name, read.value);
  }
  return answers;
}
