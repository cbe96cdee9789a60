// Asks which database `kms init` prepares, until one can be inspected, and says what it holds.
import { resolve } from 'node:path';
import { KmsError } from '../errors.js';
import type { Questions } from '../output/questions.js';
import { parseDatabaseUrl, readDatabaseUrl } from '../store/connect/url/database-url.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import { sqliteUrl } from '../store/connect/url/sqlite-path.js';
import { splitPassword, withPassword } from '../store/connect/url/url-password.js';
import type { Inspection } from './inspect-store.js';

export type Inspect = (url: string) => Promise<Inspection>;

/** The configured database. */
interface Configured {
  readonly url: string;
  /** Whether a setting names it; else it is the default. */
  readonly isNamed: boolean;
}

interface ChosenDatabase {
  /** With its password, if it has one. */
  readonly url: string;
  readonly found: Inspection;
  /** Whether the user named another than the configured one. */
  readonly isAsked: boolean;
}

/** @throws KmsError if the user cancels, or names no other after one that cannot be inspected. */
export async function chooseDatabase(
  ask: Questions,
  known: Configured,
  inspect: Inspect,
): Promise<ChosenDatabase> {
  let offered = true;
  for (;;) {
    const url = offered ? await whichDatabase(ask, known) : await otherDatabase(ask);
    try {
      const found = await inspect(url ?? known.url);
      ask.say(describeStore(url ?? known.url, found));
      return { url: url ?? known.url, found, isAsked: url !== null };
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      ask.say([`${error.reason}: ${error.message}`, ...(error.hint === null ? [] : [error.hint])]);
      if (!(await ask.agree('Name another database?', true))) throw error;
      offered = false;
    }
  }
}

/** Returns null for the configured one. */
async function whichDatabase(ask: Questions, known: Configured): Promise<string | null> {
  const name = redactedUrl(known.url);
  const isThat = await ask.choose('Which database holds the keys?', [
    { name: known.isNamed ? name : `my own store: ${name}`, value: true },
    { name: 'another one', value: false },
  ]);
  return isThat ? null : otherDatabase(ask);
}

async function otherDatabase(ask: Questions): Promise<string> {
  const answer = await ask.text('Its URL, or the path of an SQLite file', {
    complaint: (text) => {
      const read = readDatabaseUrl(text);
      return read.kind === 'mistake' ? `${read.mistake.message}; ${read.mistake.hint ?? ''}` : null;
    },
  });
  const read = parseDatabaseUrl(answer);
  if (read.kind === 'sqlite') return sqliteUrl(resolve(read.path));
  if (splitPassword(read.url).password !== '') return read.url;
  return withPassword(read.url, await ask.secret('Its password (Enter for none)'));
}

function describeStore(url: string, found: Inspection): readonly string[] {
  const name = redactedUrl(url);
  if (found.presence === 'absent') return [`There is no ${name} yet.`];
  if (found.presence === 'empty') return [`${name} is empty.`];
  const others = `${found.rotatedByOthers} keys with a policy were rotated, but not by kms`;
  return [
    `${name} holds ${found.objects} objects; ${found.armed} of them have a rotation policy.`,
    ...(found.presence === 'initialised-store' ? ['kms init has prepared it before.'] : []),
    ...(found.rotatedByOthers === 0
      ? []
      : [
          `${others}: a server’s own scheduler seems to be active.`,
          'Both can run side by side. To let only kms rotate, turn that scheduler off (auto_rotation_check_interval_secs = 0).',
        ]),
  ];
}
