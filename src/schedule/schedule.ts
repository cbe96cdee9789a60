// What a schedule runs, how often, as whom and in which environment, for any scheduler. crontab.ts, systemd-units.ts and
// kubernetes-manifests.ts write the files of each scheduler.
import { dirname, resolve } from 'node:path';
import type { Config } from '../settings/config.js';
import type { Environment } from '../settings/environment.js';
import type { ResolvedSettings } from '../settings/resolve-settings.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import { unopenedStoreLabel } from '../store/store-label.js';
import { exactDuration } from '../text/duration.js';
import { cadenceFor, warningsCadence, type Cadence } from './cadence.js';
import {
  carriedSettings,
  foreignVariables,
  type SecretFile,
  type Variable,
} from './carried-variables.js';
import { namedFiles, type NamedFiles } from './named-files.js';
import { scheduledStore } from './scheduled-store.js';
import { assertUser, scheduleNameOf, schedulePrefix, storeLine } from './schedule-name.js';

export interface Schedule {
  /** What the names of units, of manifests and of the block of a crontab begin with. */
  readonly prefix: string;
  /** The comment that says which store it is for. */
  readonly storeLine: string;
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
  /** What names the store and carries over settings, none of it secret. */
  readonly variables: readonly Variable[];
  readonly secrets: readonly SecretFile[];
  readonly files: NamedFiles;
  /** The absolute path of an SQLite store. */
  readonly sqlite: string | null;
  /** Unix sockets of the server, or their folders. */
  readonly sockets: readonly string[];
  /** Who runs kms: as asked for, else who can open the store; null if anybody can. */
  readonly user: string | null;
  /** True if the server knows who connects by the user of the process, since nothing else is given. */
  readonly asksForUser: boolean;
  /** What somebody has to know or do, whatever the scheduler. */
  readonly notices: readonly string[];
}

/** The flags that describe a schedule. `every` is in seconds. */
export interface ScheduleRequest {
  readonly every: number;
  readonly shards: number;
  readonly user?: string | undefined;
  readonly name?: string | undefined;
}

/** How this program was started, and where. */
export interface Program {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly hostname: string;
  readonly env: Environment;
}

/** @throws KmsError InvalidArgument if schedulers cannot express how often, or for a name that cannot be one. */
export function scheduleFor(
  settings: ResolvedSettings,
  { databaseUrl }: Pick<Config, 'databaseUrl'>,
  { every, shards, user, name }: ScheduleRequest,
  { execPath, argv, hostname, env }: Program,
): Schedule {
  const label = unopenedStoreLabel(settings.get('store.name') ?? null, databaseUrl);
  const ownName = name ?? scheduleNameOf(label);
  const prefix = schedulePrefix(ownName);
  assertUser(user);
  const secretsFolder = ownName === undefined ? '/etc/kms' : `/etc/kms/${ownName}`;
  const seed = `${hostname}\n${redactedUrl(databaseUrl)}`;
  const store = scheduledStore(settings, databaseUrl, env, secretsFolder);
  const carried = carriedSettings(settings, env, secretsFolder);
  const foreign = foreignVariables(env, store.server);
  const kms = resolve(argv[1] ?? 'kms');
  const folders = [dirname(kms), dirname(execPath), '/usr/local/bin', '/usr/bin', '/bin'];
  return {
    prefix,
    storeLine: storeLine(databaseUrl),
    rotation: cadenceFor(every, seed),
    warnings: warningsCadence(seed),
    shards,
    kms,
    path: [...new Set(folders)],
    configFile: settings.file === null ? null : resolve(settings.file),
    variables: [
      { name: 'KMS_STORE_CADENCE', value: exactDuration(every), isFile: false },
      ...store.variables,
      ...carried.variables,
      ...foreign.variables,
    ],
    secrets: [...store.secrets, ...carried.secrets],
    files: namedFiles(settings, databaseUrl),
    sqlite: store.sqlite,
    sockets: store.sockets,
    user: user ?? store.user,
    asksForUser: store.asksForUser,
    notices: foreign.notices,
  };
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
