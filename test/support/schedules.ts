// A schedule as tests ask for it.
import { loadConfig } from '../../src/settings/config.js';
import { resolveSettings } from '../../src/settings/resolve-settings.js';
import { scheduleFor, type Schedule, type ScheduleRequest } from '../../src/schedule/schedule.js';
import { temporaryFolder } from './temporary.js';

const PROGRAM = { execPath: '/opt/node/bin/node', argv: ['node', '/usr/local/bin/kms'] };

export function aSchedule(changes: Partial<Schedule> = {}): Schedule {
  return {
    prefix: 'kms',
    storeLine: '# The store: sqlite:/var/lib/kms/kms.db',
    rotation: { everySeconds: 3600, cron: '7 * * * *', calendar: '*-*-* *:07:00' },
    warnings: { everySeconds: 86_400, cron: '23 6 * * *', calendar: '*-*-* 06:23:00' },
    shards: 1,
    kms: '/usr/local/bin/kms',
    path: ['/usr/local/bin', '/usr/bin', '/bin'],
    configFile: null,
    variables: [{ name: 'KMS_DATABASE_URL', value: 'sqlite:/var/lib/kms/kms.db', isFile: false }],
    secrets: [],
    files: { read: [], executed: [], written: [] },
    sqlite: '/var/lib/kms/kms.db',
    sockets: [],
    user: 'kms',
    asksForUser: false,
    notices: [],
    ...changes,
  };
}

export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly request?: Partial<ScheduleRequest>;
  readonly hostname?: string;
}

/** The settings, and the schedule made of them, in an environment that has nothing else. */
export function scheduleOf({ env = {}, flags = {}, request = {}, hostname = 'host' }: Given) {
  const sources = {
    flags,
    env: { XDG_CONFIG_HOME: temporaryFolder(), ...env },
    cwd: temporaryFolder(),
  };
  const settings = resolveSettings(sources);
  const config = loadConfig(sources);
  const schedule = scheduleFor(
    settings,
    config,
    { every: 3600, shards: 1, ...request },
    { ...PROGRAM, hostname, env: sources.env },
  );
  return { settings, databaseUrl: config.databaseUrl, schedule };
}
