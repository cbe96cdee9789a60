// What a schedule runs, how often and in which environment, for any scheduler. crontab.ts, systemd-units.ts and
// kubernetes-manifests.ts write the files of each scheduler.
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { accountName } from '../files/account.js';
import type { Config } from '../settings/config.js';
import { formatDuration } from '../text/duration.js';
import { KmsError } from '../errors.js';
import type { ResolvedSettings } from '../settings/resolve-settings.js';
import { sqlitePath } from '../store/connect/connect.js';

/** How often something runs, as crontab(5) and systemd.time(7) write it. */
export interface Cadence {
  readonly cron: string;
  readonly calendar: string;
}

export interface Schedule {
  readonly rotation: Cadence;
  readonly warnings: Cadence;
  /** How many runs share the work; 1 if it is not shared. */
  readonly shards: number;
  /** The absolute path of the program. */
  readonly kms: string;
  /** The folders of the program and of Node, for PATH. */
  readonly path: readonly string[];
  /** The absolute path of the configuration file, if there is one. */
  readonly configFile: string | null;
  /** A file that somebody must write a secret into, and the variable with its path. */
  readonly secret: { readonly variable: string; readonly file: string } | null;
  /** The file of an SQLite store, and its owner. */
  readonly sqlite: { readonly path: string; readonly user: string } | null;
}

/** The flags that describe a schedule. `every` is in seconds. */
export interface ScheduleRequest {
  readonly every: number;
  readonly shards: number;
}

/** How this program was started. */
export interface Program {
  readonly execPath: string;
  readonly argv: readonly string[];
}

/** Where an administrator writes the URL of a database server: no schedule contains it. */
const SECRET = { variable: 'KMS_DATABASE_URL_FILE', file: '/etc/kms/database-url' } as const;

/** @throws KmsError InvalidArgument if schedulers cannot express how often. */
export function scheduleFor(
  settings: ResolvedSettings,
  { databaseUrl }: Pick<Config, 'databaseUrl'>,
  { every, shards }: ScheduleRequest,
  { execPath, argv }: Program,
): Schedule {
  const path = sqlitePath(databaseUrl);
  const sqlite = path === null ? null : resolve(path);
  const kms = resolve(argv[1] ?? 'kms');
  const folders = [dirname(kms), dirname(execPath), '/usr/local/bin', '/usr/bin', '/bin'];
  return {
    rotation: cadenceFor(every),
    warnings: WARNINGS_CADENCE,
    shards,
    kms,
    path: [...new Set(folders)],
    configFile: settings.file === null ? null : resolve(settings.file),
    secret: sqlite === null && settings.source('database.url').kind !== 'file' ? SECRET : null,
    sqlite: sqlite === null ? null : { path: sqlite, user: ownerOf(sqlite) },
  };
}

/** Returns the owner of a store, or who would own it if it were created now. */
function ownerOf(path: string): string {
  const account = process.getuid?.();
  const owner = statSync(path, { throwIfNoEntry: false })?.uid ?? account;
  return (owner === account ? accountName() : null) ?? String(owner);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Not at the full hour, when most other jobs start. */
const AT_MINUTE = 7;
const AT_HOUR = 3;

const WARNINGS_CADENCE: Cadence = { cron: '23 6 * * *', calendar: '*-*-* 06:23:00' };

/**
 * Returns how cron and systemd write that something runs every so many seconds.
 *
 * @throws KmsError InvalidArgument unless that is a divisor of an hour or a day, a day, or a week.
 */
export function cadenceFor(everySeconds: number): Cadence {
  const at = twoDigits(AT_MINUTE);
  if (everySeconds === 7 * DAY) {
    return {
      cron: `${AT_MINUTE} ${AT_HOUR} * * 1`,
      calendar: `Mon *-*-* ${twoDigits(AT_HOUR)}:${at}:00`,
    };
  }
  if (everySeconds === DAY) {
    return {
      cron: `${AT_MINUTE} ${AT_HOUR} * * *`,
      calendar: `*-*-* ${twoDigits(AT_HOUR)}:${at}:00`,
    };
  }
  if (everySeconds === HOUR) {
    return { cron: `${AT_MINUTE} * * * *`, calendar: `*-*-* *:${at}:00` };
  }
  if (everySeconds % HOUR === 0 && everySeconds > 0 && DAY % everySeconds === 0) {
    const hours = everySeconds / HOUR;
    return { cron: `${AT_MINUTE} */${hours} * * *`, calendar: `*-*-* 0/${hours}:${at}:00` };
  }
  if (everySeconds % MINUTE === 0 && everySeconds > 0 && HOUR % everySeconds === 0) {
    const minutes = everySeconds / MINUTE;
    return { cron: `*/${minutes} * * * *`, calendar: `*-*-* *:0/${minutes}:00` };
  }
  throw new KmsError(
    'InvalidArgument',
    `schedulers cannot say "every ${formatDuration(everySeconds)}"`,
    { hint: 'choose what divides an hour or a day, such as 15m, 1h, 6h, 1d, or a week: 1w' },
  );
}

/** Returns the arguments of each run that a schedule starts. */
export function scheduledRuns({
  shards,
}: Pick<Schedule, 'shards'>): readonly (readonly string[])[] {
  if (shards === 1) return [['rotate', 'due']];
  return Array.from({ length: shards }, (_, shard) => shardArguments(String(shard), shards));
}

/** @param shard its number, or what the scheduler replaces by the number. */
export function shardArguments(shard: string, shards: number): readonly string[] {
  return ['rotate', 'due', '--shard', `${shard}/${shards}`];
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
